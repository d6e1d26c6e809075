#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::sdk {

/// A vendor's date and time as it was written.
struct Timestamp {
  std::int64_t ns = 0;     ///< UNIX time, UTC; a zoneless one is taken as UTC.
  std::string zone;        ///< "Z", "-08:00" as sent; empty where none was sent.
  bool date_only = false;  ///< ns is the day's midnight.
};

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
constexpr std::int64_t days_from_civil(std::int64_t year, int month, int day) noexcept {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

namespace detail {

/// Reads a text from the left.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) noexcept : rest_(text) {}

  bool digits(int count, int min, int max, int& out) noexcept {
    out = 0;
    if (rest_.size() < static_cast<std::size_t>(count)) return false;
    for (int i = 0; i < count; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return out >= min && out <= max;
  }
  bool take(std::string_view any_of) noexcept {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

inline bool read_fraction(TimeReader& in, std::int64_t& ns) noexcept {
  if (!in.take(".,")) return true;
  std::int64_t unit = 100'000'000;
  bool any = false;
  for (int digit = 0; in.digits(1, 0, 9, digit); unit /= 10, any = true) ns += digit * unit;
  return any;
}

inline bool read_zone(TimeReader& in, Timestamp& out) {
  out.zone = std::string(in.rest());
  if (in.rest().empty()) return true;
  if (in.take("Zz")) return in.rest().empty();
  const bool west = in.rest()[0] == '-';
  int hours = 0;
  int minutes = 0;
  if (!in.take("+-") || !in.digits(2, 0, 23, hours)) return false;
  if (!in.rest().empty()) {
    in.take(":");
    if (!in.digits(2, 0, 59, minutes)) return false;
  }
  const std::int64_t offset_ns = (hours * 60 + minutes) * std::int64_t{60'000'000'000};
  out.ns += west ? offset_ns : -offset_ns;
  return in.rest().empty();
}

}  // namespace detail

/// Reads the forms of ISO 8601 that vendors send: "2026-01-16", "2026-01-16T08:02:11.250-08:00",
/// offsets as -0800 or -08, a blank instead of T, no zone, second 60 as 59. Nothing where the text
/// is anything else, lies before 1678 or after 2261.
inline std::optional<Timestamp> read_timestamp(std::string_view text) {
  detail::TimeReader in(text);
  Timestamp out;
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in.digits(4, 1678, 2261, year) || !in.take("-") || !in.digits(2, 1, 12, month) ||
      !in.take("-") || !in.digits(2, 1, 31, day)) {
    return std::nullopt;
  }
  const std::int64_t days = days_from_civil(year, month, day);
  const bool in_month = month == 12 ? true : days < days_from_civil(year, month + 1, 1);
  if (!in_month) return std::nullopt;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  out.ns = days * 86400 * kNsPerSecond;
  out.date_only = in.rest().empty();
  if (out.date_only) return out;

  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.take("Tt ") || !in.digits(2, 0, 23, hour) || !in.take(":") ||
      !in.digits(2, 0, 59, minute)) {
    return std::nullopt;
  }
  if (in.take(":") && !in.digits(2, 0, 60, second)) return std::nullopt;
  if (second == 60) second = 59;
  out.ns += (hour * 3600 + minute * 60 + second) * kNsPerSecond;
  if (!detail::read_fraction(in, out.ns) || !detail::read_zone(in, out)) return std::nullopt;
  return out;
}

/// UNIX nanoseconds as RFC 3339 in UTC, with milliseconds where there is a fraction.
inline std::string to_rfc3339(std::int64_t ns) {
  constexpr std::int64_t kNsPerDay = 86'400'000'000'000;
  std::int64_t days = ns / kNsPerDay;
  std::int64_t of_day = ns % kNsPerDay;
  if (of_day < 0) {
    of_day += kNsPerDay;
    --days;
  }
  // Hinnant's civil_from_days.
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march = (5 * of_year + 2) / 153;
  const auto day = static_cast<int>(of_year - (153 * march + 2) / 5 + 1);
  const auto month = static_cast<int>(march < 10 ? march + 3 : march - 9);
  const auto year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  const auto second = static_cast<int>(of_day / 1'000'000'000);
  const auto ms = static_cast<int>(of_day / 1'000'000 % 1000);
  char out[48];
  int size = std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                           second / 3600, second / 60 % 60, second % 60);
  if (ms != 0) {
    size += std::snprintf(out + size, sizeof out - static_cast<std::size_t>(size), ".%03d", ms);
  }
  return std::string(out, static_cast<std::size_t>(size)) + 'Z';
}

}  // namespace gantry::sdk
