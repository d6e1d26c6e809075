#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::sdk {

/// Decimal seconds as text ("1767225599.412", "1.767e9") to nanoseconds, exactly: 0.1 has no
/// binary value, so a double would move milliseconds. Digits past the ninth of the fraction are
/// cut. Nothing where the text is no decimal number or does not fit 64 bits.
inline std::optional<std::int64_t> seconds_to_ns(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t at = 0;
  const bool negative = at < text.size() && text[at] == '-';
  if (negative) ++at;

  std::string digits;
  std::int64_t point = 0;  // Digits before the decimal point.
  const std::size_t begin = at;
  for (; at < text.size() && is_digit(text[at]); ++at) digits += text[at];
  if (at == begin) return std::nullopt;
  point = static_cast<std::int64_t>(digits.size());
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    for (; at < text.size() && is_digit(text[at]); ++at) digits += text[at];
    if (at == fraction) return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent_begin = at;
    std::int64_t exponent = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (exponent < 100000) exponent = exponent * 10 + (text[at] - '0');
    }
    if (at == exponent_begin) return std::nullopt;
    point += down ? -exponent : exponent;
  }
  if (at != text.size()) return std::nullopt;

  const auto lead = digits.find_first_not_of('0');
  if (lead == std::string::npos) return 0;
  digits.erase(0, lead);
  point -= static_cast<std::int64_t>(lead);
  if (point > 10) return std::nullopt;  // 64 bits of nanoseconds hold 9'223'372'036 seconds.

  std::int64_t ns = 0;
  for (std::int64_t i = 0; i < point + 9; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const int digit = index < digits.size() ? digits[index] - '0' : 0;
    if (__builtin_mul_overflow(ns, std::int64_t{10}, &ns)) return std::nullopt;
    if (__builtin_sub_overflow(ns, std::int64_t{digit}, &ns)) return std::nullopt;
  }
  // Counted downwards, because the negative range is the larger one.
  if (negative) return ns;
  if (ns == INT64_MIN) return std::nullopt;
  return -ns;
}

}  // namespace gantry::sdk
