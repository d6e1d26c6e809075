#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace gantry::cli {

/// Columns aligned with spaces, no borders: made for eyes and for `awk` alike. Control characters
/// of cells are escaped. [any-thread]
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

/// Columns a text takes on a terminal, counting each code point as one. [any-thread]
std::size_t width_of(const std::string& text);

/// "2026-01-16T14:02:11.123456789Z" without its fraction. [any-thread]
std::string to_second(const std::string& time);

/// "45s", "12m", "3h", "2d": as much as an operator wants to know. [any-thread]
std::string short_time(std::int64_t seconds);

}  // namespace gantry::cli
