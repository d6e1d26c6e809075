/// 214 Transportation Carrier Shipment Status, 004010.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "B10", M, 1},
    {0, "L11", O, 300},
    {0, "MAN", O, 9999},
    {0, "K1", O, 10},
    {1, "N1", O, 1, "0100", 50},
    {1, "N2", O, 1},
    {1, "N3", O, 2},
    {1, "N4", O, 1},
    {1, "G61", O, 10},
    {1, "G62", O, 10},
    {1, "L11", O, 50},
    {1, "MS3", O, 1, "0150", 12},
    {1, "LX", O, 1, "0200", 999999},
    {2, "AT7", O, 1, "0205", 50},
    {2, "MS1", O, 1},
    {2, "MS2", O, 1},
    {2, "K1", O, 10},
    {2, "M7", O, 10},
    {1, "L11", O, 50},
    {1, "MAN", O, 9999},
    {1, "Q7", O, 10},
    {1, "K1", O, 10},
    {1, "AT5", O, 10},
    {1, "AT8", O, 10},
    {2, "CD3", O, 1, "0210", 999999},
    {2, "L11", O, 20},
    {3, "AT7", O, 1, "0215", 10},
    {3, "MS1", O, 1},
    {3, "MS2", O, 1},
    {2, "NM1", O, 1},
    {2, "Q7", O, 10},
    {2, "AT8", O, 10},
    {2, "MAN", O, 30},
    {3, "N1", O, 1, "0220", 10},
    {3, "N2", O, 1},
    {3, "N3", O, 2},
    {3, "N4", O, 1},
    {3, "L11", O, 10},
    {2, "PRF", O, 1, "0230", 999999},
    {3, "N1", O, 1, "0231", 10},
    {3, "N2", O, 1},
    {3, "N3", O, 2},
    {3, "N4", O, 1},
    {3, "L11", O, 10},
    {3, "CD3", O, 1, "0233", 999999},
    {3, "L11", O, 20},
    {4, "AT7", O, 1, "0240", 10},
    {4, "MS1", O, 1},
    {4, "MS2", O, 1},
    {2, "SPO", O, 1, "0250", 999999},
    {2, "SDQ", O, 10},
    {2, "EFI", O, 1, "0260", 10},
};

}  // namespace

const SetTable kTable214{"214", "QM", kRows};

}  // namespace gantry::edi
