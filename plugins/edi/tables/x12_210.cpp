/// 210 Motor Carrier Freight Details and Invoice, 004010.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "B3", M, 1},
    {0, "B2A", O, 1},
    {0, "C2", O, 1},
    {0, "C3", O, 1},
    {0, "ITD", O, 1},
    {0, "N9", O, 300},
    {0, "L11", O, 300},
    {0, "G62", O, 10},
    {0, "R3", O, 12},
    {0, "H3", O, 6},
    {0, "K1", O, 10},
    {1, "N1", O, 1, "0100", 50},
    {1, "N2", O, 1},
    {1, "N3", O, 2},
    {1, "N4", O, 1},
    {1, "N9", O, 10},
    {1, "L11", O, 10},
    {1, "N7", O, 1, "0200", 50},
    {1, "M7", O, 5},
    {1, "SPO", O, 1, "0250", 999999},
    {1, "SDQ", O, 10},
    {1, "S5", O, 1, "0300", 999},
    {1, "N9", O, 10},
    {1, "L11", O, 10},
    {1, "G62", O, 10},
    {1, "H3", O, 6},
    {2, "N1", O, 1, "0310", 10},
    {2, "N2", O, 1},
    {2, "N3", O, 2},
    {2, "N4", O, 1},
    {2, "N9", O, 10},
    {2, "N7", O, 1, "0320", 10},
    {2, "M7", O, 5},
    {1, "LX", O, 1, "0400", 9999},
    {1, "N9", O, 10},
    {1, "L11", O, 10},
    {1, "POD", O, 10},
    {1, "L5", O, 100},
    {1, "H1", O, 3},
    {1, "H2", O, 2},
    {1, "L0", O, 100},
    {1, "L1", O, 100},
    {1, "L4", O, 10},
    {1, "L7", O, 100},
    {1, "K1", O, 10},
    {2, "SPO", O, 1, "0430", 999999},
    {2, "SDQ", O, 10},
    {2, "N1", O, 1, "0460", 999999},
    {2, "N2", O, 1},
    {2, "N3", O, 2},
    {2, "N4", O, 1},
    {2, "N9", O, 10},
    {0, "L3", O, 1},
};

}  // namespace

const SetTable kTable210{"210", "IM", kRows};

}  // namespace gantry::edi
