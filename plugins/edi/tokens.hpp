#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "delimiters.hpp"
#include "tag.hpp"
#include "text.hpp"
#include "warnings.hpp"

namespace gantry::edi {

/// One segment of a set, borrowed from the set's bytes.
struct Segment {
  Tag tag = 0;
  std::span<const std::string_view> elements;  ///< [0] is the name.

  /// The n-th element without blanks at its ends; empty where the sender left it out.
  std::string_view operator[](std::size_t n) const noexcept;
};

/// The segments of one set, views into its bytes; nothing is allocated per element once the
/// vectors have grown. A segment that holds line breaks (files wrapped at 80 columns) or bytes that
/// are not UTF-8 is copied, cleaned and read from the copy.
class Tokens {
 public:
  /// Reads `set`, which must outlive the tokens. Leftover bytes without terminator are a segment.
  void read(std::string_view set, const Delimiters& delimiters, Warnings& warnings);

  const std::vector<Segment>& segments() const noexcept { return segments_; }

 private:
  void split(std::string_view text, char separator);

  std::vector<std::string_view> elements_;
  std::vector<std::size_t> counts_;  ///< Elements per segment.
  std::vector<Segment> segments_;
  std::deque<std::string> copies_;
};

}  // namespace gantry::edi
