#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::pipeline {

/// "BC12" → 54 (columns from 0); empty where `reference` names no column up to XFD. [any-thread]
std::optional<std::size_t> column_of(std::string_view reference);

/// True where numbers of the built-in format `id` are dates or times (ECMA-376 part 1, section
/// 18.8.30). [any-thread]
bool is_date_format(unsigned id);
/// The same for a format's code: a letter of y m d h s outside of quotes, brackets and escapes.
/// [any-thread]
bool is_date_format(std::string_view code);

/// A serial day number as ISO 8601, "2026-11-25" or "2026-11-25T08:30:00", a time below one day as
/// "08:30:00"; empty where it is none. `from_1904`: the workbook counts from 1904 (ECMA-376 part 1,
/// section 18.17.4.1). [any-thread]
std::optional<std::string> date_of(std::string_view serial, bool from_1904);

}  // namespace gantry::pipeline
