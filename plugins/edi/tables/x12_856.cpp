/// 856 Ship Notice/Manifest, 004010: every segment may stand at any level of the hierarchy.

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

constexpr Need M = Need::kMandatory, O = Need::kOptional;

// Depth, segment, need, uses, and where the segment begins a loop: its id and instances.
constexpr Row kRows[] = {
    {0, "BSN", M, 1},
    {0, "DTM", O, 10},
    {1, "HL", M, 1, "HL", 200000},
    {1, "LIN", O, 1},
    {1, "SN1", O, 1},
    {1, "SLN", O, 1000},
    {1, "PRF", O, 1},
    {1, "PO4", O, 1},
    {1, "PID", O, 200},
    {1, "MEA", O, 40},
    {1, "PKG", O, 25},
    {1, "TD1", O, 20},
    {1, "TD5", O, 12},
    {1, "TD3", O, 12},
    {1, "TD4", O, 5},
    {1, "TSD", O, 1},
    {1, "REF", O, 9999},
    {1, "PER", O, 3},
    {1, "MAN", O, 9999},
    {1, "DTM", O, 10},
    {1, "FOB", O, 1},
    {1, "PAL", O, 1},
    {1, "CUR", O, 1},
    {1, "SAC", O, 999},
    {1, "ITD", O, 5},
    {2, "CLD", O, 1, "CLD", 200},
    {2, "REF", O, 200},
    {2, "N1", O, 1, "N1", 200},
    {2, "N2", O, 2},
    {2, "N3", O, 2},
    {2, "N4", O, 1},
    {2, "REF", O, 12},
    {2, "PER", O, 3},
    {2, "FOB", O, 1},
    {0, "CTT", O, 1},
};

}  // namespace

const SetTable kTable856{"856", "SH", kRows};

}  // namespace gantry::edi
