#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::csv {

/// Letters in upper or lower case (Unicode, without a language). `utf8` must be UTF-8.
std::string change_case(std::string_view utf8, bool upper);
/// Without white space (Unicode) at both ends.
std::string_view trim_text(std::string_view utf8);

/// Canonical decimal text: "-1234.50" for "(1.234,50)" with decimal ',' and group '.'. Digits are
/// kept as written, zeros at the end too. Nothing where the text is no such number: groups must be
/// of three. No binary number is ever made.
std::optional<std::string> read_decimal(std::string_view text, char decimal, char group);
/// Canonical integer text: no plus, no leading zeros; at most 64 digits.
std::optional<std::string> read_integer(std::string_view text);
/// true, yes, y, 1 and false, no, n, 0 in either case.
std::optional<bool> read_bool(std::string_view text);

/// A date and time as a format reads it.
struct LocalTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::optional<int> offset_minutes;  ///< Where the text has a zone: east of UTC.
};

/// Why `format` cannot be used, in words; nothing where it can. Schema.json lists the tokens.
std::optional<std::string> why_no_format(std::string_view format, bool date_only);
/// Reads all of `text` strictly as `format` says; nothing where it is anything else or no such day
/// exists. YY is 1969 to 2068, as in POSIX.
std::optional<LocalTime> read_time(std::string_view text, std::string_view format);
/// "2026-01-16".
std::string date_text(const LocalTime& time);

/// True for "UTC", "+02:00" and a name of the IANA data base.
bool is_zone(const std::string& name);

/// Turns local times of one zone into UTC. A time that a clock shows twice is the first one, one
/// that it skips is moved on by what is skipped. Not for several threads.
class Zone {
 public:
  explicit Zone(const std::string& name);
  ~Zone();
  Zone(Zone&&) noexcept;

  /// UNIX time in nanoseconds; nothing before 1678 or after 2261.
  std::optional<std::int64_t> to_utc(const LocalTime& time);

 private:
  struct Calendar;
  std::unique_ptr<Calendar> calendar_;  // None for a fixed offset.
  int offset_minutes_ = 0;
};

}  // namespace gantry::csv
