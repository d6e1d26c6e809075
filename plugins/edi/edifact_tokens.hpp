#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delimiters.hpp"
#include "tag.hpp"
#include "warnings.hpp"

namespace gantry::edi {

/// One EDIFACT segment: elements of components, release characters already taken out, UTF-8.
struct EdifactSegment {
  Tag tag = 0;
  std::vector<std::vector<std::string>> elements;  ///< [0][0] is the name.

  /// The component-th part (from 0) of the element-th element (from 1), trimmed; empty if absent.
  std::string_view at(std::size_t element, std::size_t component = 0) const noexcept;
};

/// Where the next terminator that is not released begins at or after `from`, or npos. `from` must
/// be the start of a segment.
std::size_t find_edifact_terminator(std::string_view text, std::size_t from,
                                    const Delimiters& delimiters) noexcept;

/// Splits one segment without its terminator. A repetition separator counts as text, because the
/// messages read here repeat no element.
EdifactSegment read_edifact_segment(std::string_view text, const Delimiters& delimiters);

/// All segments of a message.
std::vector<EdifactSegment> read_edifact(std::string_view text, const Delimiters& delimiters);

/// True where `text` begins with UNA or UNB.
bool starts_edifact(std::string_view text) noexcept;

}  // namespace gantry::edi
