/// 820 Payment Order/Remittance Advice: what carriers receive of it.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "BPR", M, 1},
    {0, "NTE", O, 99},
    {0, "TRN", O, 1},
    {0, "CUR", O, 1},
    {0, "REF", O, 99},
    {0, "DTM", O, 99},
    {1, "N1", O, 1, "N1", 99},
    {1, "N2", O, 99},
    {1, "N3", O, 99},
    {1, "N4", O, 1},
    {1, "REF", O, 99},
    {1, "PER", O, 99},
    {1, "ENT", O, 1, "ENT", 999999},
    {2, "RMR", O, 1, "RMR", 999999},
    {2, "NTE", O, 99},
    {2, "REF", O, 99},
    {2, "DTM", O, 99},
    {3, "IT1", O, 1, "IT1", 999999},
    {3, "ADX", O, 1, "ADX", 999999},
    {3, "NTE", O, 99},
    {3, "PER", O, 99},
    {3, "REF", O, 99},
    {3, "DTM", O, 99},
    {2, "N1", O, 1, "NM", 999999},
};

}  // namespace

const SetTable kTable820{"820", "RA", kRows};

}  // namespace gantry::edi
