/// 824 Application Advice.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "BGN", M, 1},
    {1, "N1", O, 1, "N1", 99},
    {1, "N2", O, 2},
    {1, "N3", O, 2},
    {1, "N4", O, 1},
    {1, "REF", O, 12},
    {1, "PER", O, 3},
    {1, "OTI", O, 1, "OTI", 999999},
    {1, "REF", O, 12},
    {1, "DTM", O, 9},
    {1, "PER", O, 9},
    {1, "CUR", O, 9},
    {2, "TED", O, 1, "TED", 999999},
    {2, "NTE", O, 100},
    {2, "RED", O, 100},
    {2, "LQ", O, 100},
    {2, "REF", O, 12},
    {1, "LM", O, 1, "LM", 999999},
};

}  // namespace

const SetTable kTable824{"824", "AG", kRows};

}  // namespace gantry::edi
