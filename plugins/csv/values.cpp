#include "values.hpp"

#include <unicode/ucal.h>

#include <array>
#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/text.hpp>
#include <gantry/sdk/time.hpp>
#include <utility>

namespace gantry::csv {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits of a number without its separators of thousands; nothing where one is misplaced.
std::optional<std::string> ungroup(std::string_view text, char group) {
  std::string digits;
  std::size_t since = 0;  // Digits since the last separator.
  bool grouped = false;
  for (const char c : text) {
    if (is_digit(c)) {
      digits += c;
      ++since;
    } else if (group != '\0' && c == group && since > 0 && (grouped ? since == 3 : since <= 3)) {
      grouped = true;
      since = 0;
    } else {
      return std::nullopt;
    }
  }
  if (grouped && since != 3) return std::nullopt;
  return digits;
}

enum class Token {
  kLiteral,
  kYear,
  kYear2,
  kMonth,
  kMonthName,
  kDay,
  kHour,
  kHour12,
  kMinute,
  kSecond,
  kHalf,
  kZone
};
struct Piece {
  Token token;
  std::size_t size;  // In the format.
  int digits_min;
  int digits_max;
};

Piece next_piece(std::string_view format) {
  constexpr std::pair<std::string_view, Piece> kPieces[] = {
      {"YYYY", {Token::kYear, 4, 4, 4}},     {"YY", {Token::kYear2, 2, 2, 2}},
      {"MMM", {Token::kMonthName, 3, 0, 0}}, {"MM", {Token::kMonth, 2, 2, 2}},
      {"M", {Token::kMonth, 1, 1, 2}},       {"DD", {Token::kDay, 2, 2, 2}},
      {"D", {Token::kDay, 1, 1, 2}},         {"HH", {Token::kHour, 2, 2, 2}},
      {"H", {Token::kHour, 1, 1, 2}},        {"hh", {Token::kHour12, 2, 2, 2}},
      {"h", {Token::kHour12, 1, 1, 2}},      {"mm", {Token::kMinute, 2, 2, 2}},
      {"ss", {Token::kSecond, 2, 2, 2}},     {"A", {Token::kHalf, 1, 0, 0}},
      {"Z", {Token::kZone, 1, 0, 0}}};
  for (const auto& [text, piece] : kPieces) {
    if (format.starts_with(text)) return piece;
  }
  return {Token::kLiteral, 1, 0, 0};
}

std::optional<int> take_number(std::string_view& text, int digits_min, int digits_max) {
  int value = 0;
  int count = 0;
  while (count < digits_max && !text.empty() && is_digit(text[0])) {
    value = value * 10 + (text[0] - '0');
    text.remove_prefix(1);
    ++count;
  }
  if (count < digits_min) return std::nullopt;
  return value;
}

std::optional<int> take_month(std::string_view& text) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (!sdk::equal_ignoring_case(text.substr(0, 3), kMonths[i])) continue;
    text.remove_prefix(3);
    return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

std::optional<int> take_offset(std::string_view& text) {
  if (text.starts_with('Z') || text.starts_with('z')) {
    text.remove_prefix(1);
    return 0;
  }
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, 2);
  if (text.starts_with(':')) text.remove_prefix(1);
  const auto minutes = take_number(text, 2, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

/// Hour of the day from one of twelve and its half.
bool apply_half(LocalTime& time, std::optional<bool> afternoon) {
  if (!afternoon) return true;
  if (time.hour < 1 || time.hour > 12) return false;
  time.hour = time.hour % 12 + (*afternoon ? 12 : 0);
  return true;
}

bool is_day(const LocalTime& time) {
  if (time.year < 1 || time.month < 1 || time.month > 12 || time.day < 1 || time.day > 31) {
    return false;
  }
  return time.month == 12 || sdk::days_from_civil(time.year, time.month, time.day) <
                                 sdk::days_from_civil(time.year, time.month + 1, 1);
}

/// "+02:00" in minutes.
std::optional<int> fixed_offset(std::string_view name) {
  if (name == "UTC" || name == "Z") return 0;
  const auto offset = take_offset(name);
  return name.empty() ? offset : std::nullopt;
}

std::u16string wide(const std::string& ascii) { return {ascii.begin(), ascii.end()}; }

}  // namespace

std::optional<std::string> read_decimal(std::string_view text, char decimal, char group) {
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    negative = true;
    text = text.substr(1, text.size() - 2);
  } else if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  } else if (!text.empty() && text.back() == '-') {  // As SAP writes it.
    negative = true;
    text.remove_suffix(1);
  }
  const std::size_t point = text.find(decimal);
  auto whole = ungroup(text.substr(0, point), group);
  if (!whole) return std::nullopt;
  std::string fraction;
  if (point != std::string_view::npos) {
    const auto digits = ungroup(text.substr(point + 1), '\0');
    if (!digits || digits->empty()) return std::nullopt;
    fraction = '.' + *digits;
  }
  if (whole->empty() && fraction.empty()) return std::nullopt;
  whole->erase(0, std::min(whole->find_first_not_of('0'), whole->size()));
  if (whole->empty()) *whole = "0";
  const bool zero = (*whole + fraction).find_first_not_of("0.") == std::string::npos;
  return (negative && !zero ? "-" : "") + *whole + fraction;
}

std::optional<std::string> read_integer(std::string_view text) {
  if (text.size() > 65 || text.starts_with('(')) return std::nullopt;
  return read_decimal(text, '\0', '\0');
}

std::optional<bool> read_bool(std::string_view text) {
  for (const char* word : {"true", "yes", "y", "1"}) {
    if (sdk::equal_ignoring_case(text, word)) return true;
  }
  for (const char* word : {"false", "no", "n", "0"}) {
    if (sdk::equal_ignoring_case(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<std::string> why_no_format(std::string_view format, bool date_only) {
  if (format.empty()) return "is missing: a date needs its format, e.g. YYYY-MM-DD";
  bool year = false, month = false, day = false, hour = false, twelve = false, half = false;
  for (std::string_view rest = format; !rest.empty();) {
    const Piece piece = next_piece(rest);
    const Token token = piece.token;
    const bool letter = (rest[0] | 0x20) >= 'a' && (rest[0] | 0x20) <= 'z';
    if (token == Token::kLiteral && letter && rest[0] != 'T') {
      return std::string("holds the unknown letter ") + rest[0];
    }
    year |= token == Token::kYear || token == Token::kYear2;
    month |= token == Token::kMonth || token == Token::kMonthName;
    day |= token == Token::kDay;
    hour |= token == Token::kHour || token == Token::kHour12;
    twelve |= token == Token::kHour12;
    half |= token == Token::kHalf;
    rest.remove_prefix(piece.size);
  }
  if (!year || !month || !day) return "names no year, no month or no day";
  if (date_only && hour) return "names an hour: then the type is datetime";
  if (twelve != half) return "needs hh and A together";
  return std::nullopt;
}

std::optional<LocalTime> read_time(std::string_view text, std::string_view format) {
  LocalTime time;
  std::optional<bool> afternoon;
  while (!format.empty()) {
    const Piece piece = next_piece(format);
    std::optional<int> value;
    switch (piece.token) {
      case Token::kLiteral:
        if (text.empty() || text[0] != format[0]) return std::nullopt;
        text.remove_prefix(1);
        value = 0;
        break;
      case Token::kMonthName:
        value = take_month(text);
        if (value) time.month = *value;
        break;
      case Token::kHalf:
        if (text.size() < 2 || (text[1] | 0x20) != 'm') return std::nullopt;
        if ((text[0] | 0x20) != 'a' && (text[0] | 0x20) != 'p') return std::nullopt;
        afternoon = (text[0] | 0x20) == 'p';
        text.remove_prefix(2);
        value = 0;
        break;
      case Token::kZone:
        time.offset_minutes = value = take_offset(text);
        break;
      default:
        value = take_number(text, piece.digits_min, piece.digits_max);
        if (!value) return std::nullopt;
        if (piece.token == Token::kYear) time.year = *value;
        if (piece.token == Token::kYear2) time.year = *value + (*value < 69 ? 2000 : 1900);
        if (piece.token == Token::kMonth) time.month = *value;
        if (piece.token == Token::kDay) time.day = *value;
        if (piece.token == Token::kHour || piece.token == Token::kHour12) time.hour = *value;
        if (piece.token == Token::kMinute) time.minute = *value;
        if (piece.token == Token::kSecond) time.second = *value;
    }
    if (!value) return std::nullopt;
    format.remove_prefix(piece.size);
  }
  if (!text.empty() || !apply_half(time, afternoon) || !is_day(time)) return std::nullopt;
  if (time.hour > 23 || time.minute > 59 || time.second > 59) return std::nullopt;
  return time;
}

std::string date_text(const LocalTime& time) {
  const std::int64_t days = sdk::days_from_civil(time.year, time.month, time.day);
  return sdk::to_rfc3339(days * 86'400'000'000'000).substr(0, 10);
}

bool is_zone(const std::string& name) {
  if (fixed_offset(name)) return true;
  if (name.empty() || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789_+-/") != std::string::npos) {
    return false;
  }
  // ICU takes an unknown name for GMT; asking for its canonical form is what fails.
  const std::u16string id = wide(name);
  UChar canonical[128];
  UBool system = false;
  UErrorCode code = U_ZERO_ERROR;
  ucal_getCanonicalTimeZoneID(id.data(), static_cast<std::int32_t>(id.size()), canonical, 128,
                              &system, &code);
  return U_SUCCESS(code) && system;
}

struct Zone::Calendar {
  explicit Calendar(const std::string& name) {
    const std::u16string id = wide(name);
    UErrorCode code = U_ZERO_ERROR;
    handle = ucal_open(id.data(), static_cast<std::int32_t>(id.size()), "", UCAL_GREGORIAN, &code);
    if (U_FAILURE(code)) throw sdk::Failure(sdk::Status::kBug, "ICU opens no calendar");
    ucal_setAttribute(handle, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    ucal_setAttribute(handle, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_LAST);
  }
  ~Calendar() { ucal_close(handle); }
  Calendar(const Calendar&) = delete;
  Calendar& operator=(const Calendar&) = delete;
  UCalendar* handle = nullptr;
};

Zone::Zone(const std::string& name) {
  if (const auto offset = fixed_offset(name)) {
    offset_minutes_ = *offset;
  } else {
    calendar_ = std::make_unique<Calendar>(name);
  }
}
Zone::~Zone() = default;
Zone::Zone(Zone&&) noexcept = default;

std::optional<std::int64_t> Zone::to_utc(const LocalTime& time) {
  if (time.year < 1678 || time.year > 2261) return std::nullopt;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  if (calendar_ && !time.offset_minutes) {
    UErrorCode code = U_ZERO_ERROR;
    ucal_clear(calendar_->handle);
    ucal_setDateTime(calendar_->handle, time.year, time.month - 1, time.day, time.hour, time.minute,
                     time.second, &code);
    const UDate ms = ucal_getMillis(calendar_->handle, &code);
    if (U_FAILURE(code)) return std::nullopt;
    return static_cast<std::int64_t>(ms) / 1000 * kNsPerSecond;
  }
  const std::int64_t seconds = sdk::days_from_civil(time.year, time.month, time.day) * 86'400 +
                               time.hour * 3'600 + time.minute * 60 + time.second;
  return (seconds - time.offset_minutes.value_or(offset_minutes_) * 60) * kNsPerSecond;
}

}  // namespace gantry::csv
