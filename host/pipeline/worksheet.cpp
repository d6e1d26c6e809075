#include "host/pipeline/worksheet.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace gantry::pipeline {

std::optional<std::size_t> column_of(std::string_view reference) {
  constexpr std::size_t kColumns = 16'384;
  std::size_t column = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
    if (column > kColumns) return std::nullopt;
  }
  if (column == 0) return std::nullopt;
  return column - 1;
}

bool is_date_format(unsigned id) {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
         (id >= 50 && id <= 58);
}

bool is_date_format(std::string_view code) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '"' || c == '[') {
      const auto end = code.find(c == '"' ? '"' : ']', i + 1);
      if (end == code.npos) return false;
      const char inside = i + 1 < code.size() ? code[i + 1] : ' ';
      // "[h]:mm" counts hours beyond a day; "[Red]" and "[$-409]" say how to show.
      if (c == '[' && (inside == 'h' || inside == 'm' || inside == 's') && end <= i + 3)
        return true;
      i = end;
    } else if (std::string_view("yYmMdDhHsS").find(c) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::optional<std::string> date_of(std::string_view serial, bool from_1904) {
  using std::chrono::days;
  using std::chrono::sys_days;
  using std::chrono::year;
  constexpr double kLast = 2'958'465;  // 9999-12-31
  const std::string text(serial);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= 0) || value > kLast) return std::nullopt;
  auto whole = static_cast<int>(value);
  auto seconds = static_cast<int>(std::lround((value - whole) * 86'400));
  if (seconds == 86'400) {
    seconds = 0;
    ++whole;
  }
  std::array<char, 40> out{};
  const int h = seconds / 3600, m = seconds / 60 % 60, s = seconds % 60;
  if (whole == 0) {
    std::snprintf(out.data(), out.size(), "%02d:%02d:%02d", h, m, s);
    return out.data();
  }
  // Day 60 of the 1900 system is the 29th of February 1900, which never was.
  const sys_days zero = from_1904    ? sys_days(year{1904} / 1 / 1)
                        : whole < 60 ? sys_days(year{1899} / 12 / 31)
                                     : sys_days(year{1899} / 12 / 30);
  const std::chrono::year_month_day date(zero + days(whole));
  int size = std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (seconds != 0) {
    std::snprintf(out.data() + size, out.size() - static_cast<std::size_t>(size), "T%02d:%02d:%02d",
                  h, m, s);
  }
  return out.data();
}

}  // namespace gantry::pipeline
