/// 997 Functional Acknowledgment.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "AK1", M, 1},
    {1, "AK2", O, 1, "AK2", 999999},
    {2, "AK3", O, 1, "AK3", 999999},
    {2, "AK4", O, 99},
    {1, "AK5", O, 1},
    {0, "AK9", M, 1},
};

}  // namespace

const SetTable kTable997{"997", "FA", kRows};

}  // namespace gantry::edi
