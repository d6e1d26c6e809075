#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::edi {

/// A calendar date as a partner wrote it.
struct Date {
  std::chrono::year_month_day day;
  bool two_digit_year = false;
};

/// CCYYMMDD, or YYMMDD with the century rule (70 and above is 19xx). Seven digits and anything
/// else give nothing.
std::optional<Date> read_date(std::string_view text);

/// HHMM, HHMMSS or HHMMSSd.. as nanoseconds of the day; 2400 is the end of the day.
std::optional<std::int64_t> read_time(std::string_view text);

/// Minutes east of UTC that X12 code list 623 gives `code` on that day: 01..24 (20 is UTC-5), CS CD
/// CT and their like, UT, GM. The generic codes (ET CT MT PT AT HT NT TT) follow the United
/// States' daylight rule. LT and an empty code are local time at `state` (postal abbreviation of
/// a US state or Canadian province, by its main zone). Nothing where neither is known.
std::optional<int> zone_minutes(std::string_view code, std::string_view state, const Date& date);

/// A date, a time and a zone together, as UNIX nanoseconds; nothing where date or time is
/// unreadable. An empty time is midnight.
struct Moment {
  std::int64_t ns = 0;
  bool zone_known = false;  ///< False: the text was taken for UTC.
};
std::optional<Moment> moment_of(std::string_view date, std::string_view time, std::string_view zone,
                                std::string_view state);

/// "2026-01-16T13:57:00Z".
std::string rfc3339(std::int64_t ns);
/// "2026-01-16 07:57" or "2026-01-16", as the partner wrote it; the text itself where unreadable.
std::string shown(std::string_view date, std::string_view time);

}  // namespace gantry::edi
