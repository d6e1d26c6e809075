#include "times.hpp"

#include "text.hpp"

namespace gantry::edi {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

/// Standard offset of a zone in minutes, and whether it follows the daylight rule.
struct Zone {
  int minutes;
  bool daylight;
};

struct NamedZone {
  std::string_view code;
  Zone zone;
};

// X12 code list 623, letters; checked against the public copy at stedi.com.
constexpr NamedZone kCodes[] = {
    {"ET", {-300, true}},  {"ES", {-300, false}}, {"ED", {-240, false}}, {"CT", {-360, true}},
    {"CS", {-360, false}}, {"CD", {-300, false}}, {"MT", {-420, true}},  {"MS", {-420, false}},
    {"MD", {-360, false}}, {"PT", {-480, true}},  {"PS", {-480, false}}, {"PD", {-420, false}},
    {"AT", {-540, true}},  {"AS", {-540, false}}, {"AD", {-480, false}}, {"HT", {-600, false}},
    {"HS", {-600, false}}, {"HD", {-540, false}}, {"NT", {-210, true}},  {"NS", {-210, false}},
    {"ND", {-150, false}}, {"TT", {-240, true}},  {"TS", {-240, false}}, {"TD", {-180, false}},
    {"UT", {0, false}},    {"GM", {0, false}},
};

constexpr Zone kEastern{-300, true}, kCentral{-360, true}, kMountain{-420, true},
    kPacific{-480, true}, kAtlantic{-240, true};

// The main zone of each state and province; where a state has two, the one of most of its freight.
constexpr NamedZone kStates[] = {
    {"CT", kEastern},      {"DE", kEastern},     {"DC", kEastern},      {"FL", kEastern},
    {"GA", kEastern},      {"IN", kEastern},     {"KY", kEastern},      {"ME", kEastern},
    {"MD", kEastern},      {"MA", kEastern},     {"MI", kEastern},      {"NH", kEastern},
    {"NJ", kEastern},      {"NY", kEastern},     {"NC", kEastern},      {"OH", kEastern},
    {"PA", kEastern},      {"RI", kEastern},     {"SC", kEastern},      {"VT", kEastern},
    {"VA", kEastern},      {"WV", kEastern},     {"ON", kEastern},      {"QC", kEastern},
    {"PQ", kEastern},      {"AL", kCentral},     {"AR", kCentral},      {"IL", kCentral},
    {"IA", kCentral},      {"KS", kCentral},     {"LA", kCentral},      {"MN", kCentral},
    {"MS", kCentral},      {"MO", kCentral},     {"NE", kCentral},      {"ND", kCentral},
    {"OK", kCentral},      {"SD", kCentral},     {"TN", kCentral},      {"TX", kCentral},
    {"WI", kCentral},      {"MB", kCentral},     {"CO", kMountain},     {"ID", kMountain},
    {"MT", kMountain},     {"NM", kMountain},    {"UT", kMountain},     {"WY", kMountain},
    {"AB", kMountain},     {"NT", kMountain},    {"CA", kPacific},      {"NV", kPacific},
    {"OR", kPacific},      {"WA", kPacific},     {"BC", kPacific},      {"NB", kAtlantic},
    {"NS", kAtlantic},     {"PE", kAtlantic},    {"AZ", {-420, false}}, {"YT", {-420, false}},
    {"SK", {-360, false}}, {"NU", {-300, true}}, {"HI", {-600, false}}, {"AK", {-540, true}},
    {"NL", {-210, true}},  {"NF", {-210, true}}, {"PR", {-240, false}},
};

template <std::size_t N>
const Zone* find(const NamedZone (&list)[N], std::string_view code) {
  for (const auto& named : list) {
    if (named.code == code) return &named.zone;
  }
  return nullptr;
}

/// The United States' rule by day: since 2007 from the second Sunday of March to the first of
/// November, before from the first of April to the last of October. The hours between midnight
/// and the change are given to the new time.
bool in_daylight(const year_month_day& date) {
  const sys_days at = date;
  const year y = date.year();
  const auto sunday = std::chrono::Sunday;
  if (y >= year{2007}) {
    return at >= sys_days(y / 3 / sunday[2]) && at < sys_days(y / 11 / sunday[1]);
  }
  return at >= sys_days(y / 4 / sunday[1]) &&
         at < sys_days(y / 10 / std::chrono::weekday_last(sunday));
}

int on_day(const Zone& zone, const Date& date) {
  return zone.minutes + (zone.daylight && in_daylight(date.day) ? 60 : 0);
}

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
  out.append(width, '0');
  for (auto at = out.rbegin(); width > 0; ++at, --width, value /= 10) {
    *at = static_cast<char>('0' + value % 10);
  }
}

/// "2026-01-16".
std::string iso_day(const year_month_day& date) {
  std::string out;
  append_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  return out;
}

int number(std::string_view text) { return static_cast<int>(number_in(text)); }

bool digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

}  // namespace

std::optional<Date> read_date(std::string_view text) {
  if (!digits(text) || (text.size() != 8 && text.size() != 6)) return std::nullopt;
  Date date;
  date.two_digit_year = text.size() == 6;
  int y = 0;
  if (date.two_digit_year) {
    const int two = number(text.substr(0, 2));
    y = two + (two >= 70 ? 1900 : 2000);
    text.remove_prefix(2);
  } else {
    y = number(text.substr(0, 4));
    text.remove_prefix(4);
  }
  date.day = year{y} / month{static_cast<unsigned>(number(text.substr(0, 2)))} /
             day{static_cast<unsigned>(number(text.substr(2)))};
  // Outside these years nanoseconds since 1970 overflow; no freight moves there.
  if (!date.day.ok() || y < 1900 || y > 2200) return std::nullopt;
  return date;
}

std::optional<std::int64_t> read_time(std::string_view text) {
  if (!digits(text) || text.size() < 4 || text.size() > 8 || text.size() == 5) return std::nullopt;
  const int hour = number(text.substr(0, 2));
  const int minute = number(text.substr(2, 2));
  const int second = text.size() >= 6 ? number(text.substr(4, 2)) : 0;
  std::int64_t fraction = 0;
  if (text.size() == 7) fraction = number(text.substr(6)) * (kSecond / 10);
  if (text.size() == 8) fraction = number(text.substr(6)) * (kSecond / 100);
  const bool end_of_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
  if ((hour > 23 && !end_of_day) || minute > 59 || second > 59) return std::nullopt;
  return (hour * 60 + minute) * kMinute + second * kSecond + fraction;
}

std::optional<int> zone_minutes(std::string_view code, std::string_view state, const Date& date) {
  if (code.size() == 2 && digits(code)) {
    const int value = number(code);
    if (value >= 1 && value <= 12) return value * 60;
    if (value >= 13 && value <= 24) return (value - 25) * 60;
    return std::nullopt;
  }
  if (!code.empty() && upper(code) != "LT") {
    const Zone* zone = find(kCodes, upper(code));
    if (zone == nullptr) return std::nullopt;
    return on_day(*zone, date);
  }
  const Zone* zone = find(kStates, upper(state));
  if (zone == nullptr) return std::nullopt;
  return on_day(*zone, date);
}

std::optional<Moment> moment_of(std::string_view date_text, std::string_view time_text,
                                std::string_view zone, std::string_view state) {
  const auto date = read_date(date_text);
  if (!date) return std::nullopt;
  std::int64_t time = 0;
  if (!time_text.empty()) {
    const auto read = read_time(time_text);
    if (!read) return std::nullopt;
    time = *read;
  }
  const auto minutes = zone_minutes(zone, state, *date);
  Moment moment;
  moment.zone_known = minutes.has_value();
  const auto days = sys_days(date->day).time_since_epoch().count();
  moment.ns = days * kDay + time - minutes.value_or(0) * kMinute;
  return moment;
}

std::string rfc3339(std::int64_t ns) {
  std::int64_t days = ns / kDay;
  std::int64_t rest = ns % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const year_month_day date{sys_days(std::chrono::days(days))};
  const auto seconds = rest / kSecond;
  std::string text = iso_day(date);
  text += 'T';
  append_digits(text, seconds / 3600, 2);
  text += ':';
  append_digits(text, seconds / 60 % 60, 2);
  text += ':';
  append_digits(text, seconds % 60, 2);
  text += 'Z';
  return text;
}

std::string shown(std::string_view date_text, std::string_view time_text) {
  const auto date = read_date(date_text);
  std::string out = date ? iso_day(date->day) : std::string(date_text);
  if (!time_text.empty()) {
    out += ' ';
    const bool is_time = digits(time_text) && time_text.size() >= 4;
    out += is_time ? time_text.substr(0, 2) : time_text;
    if (is_time) {
      out += ':';
      out += time_text.substr(2, 2);
    }
  }
  return out;
}

}  // namespace gantry::edi
