/// 999 Implementation Acknowledgment, 005010.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "AK1", M, 1},
    {1, "AK2", O, 1, "AK2", 999999},
    {2, "IK3", O, 1, "IK3", 999999},
    {2, "CTX", O, 10},
    {3, "IK4", O, 1, "IK4", 999999},
    {3, "CTX", O, 10},
    {1, "IK5", O, 1},
    {0, "AK9", M, 1},
};

}  // namespace

const SetTable kTable999{"999", "FA", kRows};

}  // namespace gantry::edi
