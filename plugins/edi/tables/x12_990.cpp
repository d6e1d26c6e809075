/// 990 Response to a Load Tender; N9 became L11 in 004030, both are taken.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "B1", M, 1},  {0, "N9", O, 100}, {0, "L11", O, 100},
    {0, "G62", O, 6}, {0, "N7", O, 10},  {0, "L9", O, 40},
    {0, "V9", O, 10}, {0, "K1", O, 10},  {1, "S5", O, 1, "0100", 999},
    {1, "N9", O, 10}, {1, "L11", O, 10}, {1, "G62", O, 10},
    {1, "K1", O, 10},
};

}  // namespace

const SetTable kTable990{"990", "GF", kRows};

}  // namespace gantry::edi
