#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grammar.hpp"
#include "tokens.hpp"
#include "warnings.hpp"

namespace gantry::edi {

/// AK4 / IK4: what is wrong with one element. Codes of data element 723.
struct ElementError {
  unsigned position = 0;     ///< 1 is the first element.
  std::uint16_t number = 0;  ///< The data element.
  int code = 0;
  std::string value;  ///< As sent, cut; empty where it is missing.
};

/// AK3 / IK3: what is wrong with one segment. Codes of data element 720.
struct SegmentError {
  std::string tag;
  std::size_t position = 0;  ///< ST is 1.
  std::string_view loop;     ///< Borrows from the table.
  int code = 0;
  std::vector<ElementError> elements;
};

/// What a walk through a set found.
struct Findings {
  std::vector<SegmentError> errors;  ///< In the order of the segments; at most kErrorsMax.
  bool unreadable_number = false;    ///< A number or an amount is none: nobody may store it as 0.
  Warnings warnings;

  static constexpr std::size_t kErrorsMax = 100;
};

/// Walks `segments` (ST first, SE last) along the table. `strict` also reports what a tolerant
/// reader only warns of: order inside a loop, six-digit dates, decimal points in implied-decimal
/// amounts, repetition where none is allowed.
void validate(const SetTable& table, const std::vector<Segment>& segments,
              const Delimiters& delimiters, bool strict, Findings& findings);

}  // namespace gantry::edi
