#pragma once

#include <string_view>

#include "settings.hpp"

namespace gantry::csv {

/// How rows are cut into fields.
struct Dialect {
  char delimiter = ',';
  char quote = '"';  ///< '\0': none.
  bool backslash = false;
  bool skip_initial_space = false;
};

/// The most that a decision looks at.
inline constexpr std::size_t kHeadMax = 64 * 1024;

/// Configuration, else a first line `sep=X`, else the delimiter that divides the complete lines of
/// `head` most evenly outside quotes; a comma between two digits counts only where nothing else
/// does. `head` is UTF-8 or an encoding that shares ASCII, without a mark.
Dialect decide_dialect(std::string_view head, const Settings& settings);

/// The X of a line `sep=X`, quoted or not; '\0' where the line is another.
char separator_line(std::string_view line);

/// How evenly `delimiter` divides the lines: 0 (not at all) to 100.
int evenness(std::string_view head, char delimiter, const Settings& settings);

}  // namespace gantry::csv
