#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "warnings.hpp"

namespace gantry::edi {

/// The four separators of one X12 interchange. The terminator is one character, of up to four
/// bytes (U+2026 occurs); component 0: the sender named none.
struct Delimiters {
  char element = '*';
  char component = '>';
  char repetition = 0;  ///< 0: none; from version 00402 ISA11 names one.
  char release = 0;     ///< EDIFACT only: takes its meaning from the character that follows.
  std::string terminator = "~";

  /// Where the next terminator begins at or after `from`, or npos.
  std::size_t find_terminator(std::string_view text, std::size_t from) const noexcept;
  bool line_terminated() const noexcept {
    return terminator == "\n" || terminator == "\r" || terminator == "\r\n";
  }
};

/// The ISA segment, taken apart: elements[0] is "ISA", elements[16] the component separator.
struct IsaSegment {
  std::array<std::string, 17> elements;
  Delimiters delimiters;
  std::size_t size = 0;  ///< Bytes, with the terminator.
  Warnings warnings;
};

enum class IsaReading { kDone, kNeedMore, kNotIsa };

/// True where `text` begins with ISA and a character that can separate elements.
bool starts_isa(std::string_view text) noexcept;

/// Reads an ISA at the start of `text`: by its fixed offsets (106 characters) where they hold, else
/// by counting 16 separators, because unpadded and wrapped ones occur. Looks a little past the ISA,
/// so it asks for more until `last`; the answer does not depend on how the bytes were cut.
/// Offsets: xlate/staedi, X12Dialect.java.
IsaReading read_isa(std::string_view text, bool last, IsaSegment& out);

}  // namespace gantry::edi
