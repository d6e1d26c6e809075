#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gantry::edi {

/// The declarative form of a standard: what a segment's elements look like and which segments a
/// set is made of. One table file per set; see tables/.

enum class Type : std::uint8_t { kAn, kId, kN0, kN2, kR, kDt, kTm };
enum class Need : std::uint8_t { kOptional, kMandatory };

/// One element: data element number, type, length bounds in characters.
struct ElementRule {
  std::uint16_t number;
  Type type;
  std::uint8_t min;
  std::uint8_t max;
  Need need = Need::kOptional;
  std::string_view codes = {};  ///< " A B C " where the list is short and closed, else empty.
};

/// A segment: the elements that are checked, from the first on. `syntax` holds the standard's
/// relational conditions that are checked, e.g. "R0103 P0102".
struct SegmentRule {
  std::string_view tag;
  std::span<const ElementRule> elements;
  std::string_view syntax = {};
};

/// One line of a set's table. A line with a loop id begins that loop; deeper lines that follow
/// belong to it. `max` counts per instance of the loop, `loop_max` the loop's instances.
struct Row {
  std::uint8_t depth;
  std::string_view tag;
  Need need;
  std::uint32_t max;
  std::string_view loop = {};
  std::uint32_t loop_max = 0;
};

struct SetTable {
  std::string_view set;
  std::string_view functional_id;
  std::span<const Row> rows;  ///< Without ST and SE.
};

/// The table of a set, or null where the set is not supported.
const SetTable* find_table(std::string_view set);
/// The rule of a segment, or null where no supported set has it.
const SegmentRule* find_segment(std::string_view tag);

/// One per file in tables/.
extern const SetTable kTable204, kTable210, kTable214, kTable820, kTable824, kTable856, kTable990,
    kTable997, kTable999;

}  // namespace gantry::edi
