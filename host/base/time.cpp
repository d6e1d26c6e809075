#include "host/base/time.hpp"

#include <charconv>
#include <cstdio>

namespace gantry {
namespace {

Error bad_time(std::string_view text) {
  return {ErrorKind::kInvalid, "not an RFC 3339 time (want e.g. 2026-01-16T14:02:11Z)",
          std::string(text.substr(0, 64))};
}

/// Reads exactly `width` digits at `at`; -1 where there are none.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string to_rfc3339(Instant at) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{at - day};
  char text[48];
  int used = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", int(date.year()),
                           unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                           int(clock.minutes().count()), int(clock.seconds().count()));
  const auto nanos = static_cast<long>(clock.subseconds().count());
  if (nanos != 0) {
    const int width = nanos % 1'000'000 == 0 ? 3 : nanos % 1'000 == 0 ? 6 : 9;
    const long value = width == 3 ? nanos / 1'000'000 : width == 6 ? nanos / 1'000 : nanos;
    used += std::snprintf(text + used, sizeof text - static_cast<std::size_t>(used), ".%0*ld",
                          width, value);
  }
  return std::string(text, static_cast<std::size_t>(used)) + 'Z';
}

Result<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const int y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const int h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0 || s < 0) return bad_time(text);
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return bad_time(text);
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return bad_time(text);
  const year_month_day date{year(y), month(unsigned(mo)), day(unsigned(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return bad_time(text);

  std::size_t at = 19;
  long nanos = 0;
  if (at < text.size() && text[at] == '.') {
    const std::size_t first = ++at;
    long scale = 100'000'000;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      if (at - first >= 9) return bad_time(text);
      nanos += (text[at] - '0') * scale;
    }
    if (at == first) return bad_time(text);
  }
  minutes offset{0};
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    // UTC
  } else if (at + 6 == text.size() && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':') {
    const int oh = digits(text, at + 1, 2), om = digits(text, at + 4, 2);
    if (oh < 0 || om < 0 || oh > 23 || om > 59) return bad_time(text);
    offset = minutes(oh * 60 + om) * (text[at] == '-' ? -1 : 1);
  } else {
    return bad_time(text);
  }
  return Instant{sys_days{date}} + hours(h) + minutes(mi) + seconds(s == 60 ? 59 : s) +
         nanoseconds(nanos) - offset;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const Error bad{ErrorKind::kInvalid, "not a duration (want e.g. 250ms, 30s, 15m, 24h, 7d)",
                  std::string(text.substr(0, 32))};
  long long value = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value < 0) return bad;
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  long long scale = 0;
  if (unit == "ms") scale = 1;
  if (unit == "s") scale = 1'000;
  if (unit == "m") scale = 60'000;
  if (unit == "h") scale = 3'600'000;
  if (unit == "d") scale = 86'400'000;
  if (scale == 0 || value > 1'000'000'000'000 / scale) return bad;
  return std::chrono::milliseconds(value * scale);
}

}  // namespace gantry
