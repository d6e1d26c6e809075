#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Small readings of text that several parts share. [any-thread]
namespace gantry::edi {

/// What may stand between segments: blanks, line ends, and what old systems end a file with.
constexpr bool is_white(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\x1a';
}
constexpr bool is_alnum(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// ASCII letters in upper case.
std::string upper(std::string_view text);

/// Blanks, tabs, line ends at both ends, and nothing else, taken away.
std::string_view trimmed(std::string_view text) noexcept;

/// At most `bytes` bytes of UTF-8, no character cut in two.
std::string_view cut(std::string_view text, std::size_t bytes) noexcept;

std::string without_breaks(std::string_view text);

/// Text as UTF-8: unchanged where it is, else read as Latin-1.
std::string to_utf8(std::string_view text);

/// The number that `text` begins with; 0 where it begins with none.
std::uint64_t number_in(std::string_view text) noexcept;

/// Up to 16 digits of lower-case hexadecimal, and back to exactly 16.
std::uint64_t hex_number(std::string_view text) noexcept;
std::string hex_of(std::uint64_t value);

/// "0012" and "12": equal but for leading zeros.
bool same_number(std::string_view left, std::string_view right) noexcept;

/// The part of `rest` up to `separator`, which is taken away with it.
std::string_view take_until(std::string_view& rest, char separator) noexcept;

}  // namespace gantry::edi
