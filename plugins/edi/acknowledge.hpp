#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "envelope.hpp"
#include "settings.hpp"

namespace gantry::edi {

/// What an acknowledgement is written with; kept, so that a second writing gives the same bytes.
struct AckNumbers {
  std::uint64_t first = 0;  ///< ISA13; GS06 of the n-th group is first + n.
  std::string date;         ///< CCYYMMDD, UTC.
  std::string time;         ///< HHMM.
};

struct Acknowledgement {
  std::string name;     ///< File name.
  std::string content;  ///< One interchange.
};

/// True where the interchange gets an answer at all: a TA1 by policy, or a group with sets that
/// are no acknowledgements themselves.
bool needs_acknowledgement(const Interchange& interchange, const Settings& settings);

/// How many control numbers the answer takes.
std::uint64_t control_numbers_needed(const Interchange& interchange, const Settings& settings);

/// The answer to one X12 interchange: TA1 where due, then one group with one 997 or 999 for each
/// group received. Delimiters * > ~, ids swapped, ISA14 0.
Acknowledgement write_acknowledgement(const Interchange& interchange, const Settings& settings,
                                      const AckNumbers& numbers);

/// True for a set that is itself an answer: 997, 999, CONTRL.
bool is_acknowledgement(std::string_view set);

/// Letters, digits and dashes of `text`, for a file's name.
std::string name_part(std::string_view text);

}  // namespace gantry::edi
