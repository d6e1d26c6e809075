/// 204 Motor Carrier Load Tender, 004010.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "B2", M, 1},
    {0, "B2A", M, 1},
    {0, "L11", O, 100},
    {0, "G62", O, 10},
    {0, "MS3", O, 5},
    {0, "AT5", O, 50},
    {0, "PLD", O, 1},
    {0, "LH6", O, 6},
    {0, "NTE", O, 50},
    {1, "N1", O, 1, "0100", 50},
    {1, "N2", O, 2},
    {1, "N3", O, 2},
    {1, "N4", O, 1},
    {1, "L11", O, 10},
    {1, "G61", O, 10},
    {1, "N7", O, 1, "0200", 50},
    {1, "N7A", O, 1},
    {1, "N7B", O, 1},
    {1, "MEA", O, 10},
    {1, "M7", O, 10},
    {1, "S5", O, 1, "0300", 999},
    {1, "L11", O, 999},
    {1, "G62", O, 10},
    {1, "AT8", O, 10},
    {1, "LAD", O, 999},
    {1, "AT5", O, 50},
    {1, "PLD", O, 1},
    {1, "NTE", O, 50},
    {2, "N1", O, 1, "0310", 10},
    {2, "N2", O, 2},
    {2, "N3", O, 2},
    {2, "N4", O, 1},
    {2, "G61", O, 10},
    {2, "L5", O, 1, "0320", 999},
    {2, "AT8", O, 10},
    {3, "G61", O, 1, "0325", 99},
    {3, "L11", O, 30},
    {3, "LH6", O, 6},
    {4, "LH1", O, 1, "0330", 99},
    {4, "LH2", O, 4},
    {4, "LH3", O, 10},
    {4, "LFH", O, 20},
    {4, "LH4", O, 4},
    {4, "LHR", O, 5},
    {4, "LHE", O, 5},
    {4, "LHT", O, 5},
    {2, "OID", O, 1, "0350", 999},
    {2, "LAD", O, 999},
    {3, "L5", O, 1, "0360", 999},
    {3, "AT8", O, 10},
    {4, "G61", O, 1, "0365", 99},
    {4, "L11", O, 30},
    {4, "LH6", O, 6},
    {5, "LH1", O, 1, "0370", 99},
    {5, "LH2", O, 4},
    {5, "LH3", O, 10},
    {5, "LFH", O, 20},
    {5, "LH4", O, 4},
    {5, "LHR", O, 5},
    {0, "L3", O, 1},
};

}  // namespace

const SetTable kTable204{"204", "SM", kRows};

}  // namespace gantry::edi
