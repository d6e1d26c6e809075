#include "host/config/cron.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

namespace gantry::config {
namespace {

constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
constexpr std::string_view kDays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                      "thursday", "friday", "saturday"};
constexpr std::size_t kNameCharsMin = 3;  // "jan", "tues"
constexpr std::string_view kZoneInfo = "/usr/share/zoneinfo";

struct Field {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names = {};
};

constexpr Field kSecond{"second", 0, 59};
constexpr Field kYear{"year", 2000, 2100};
constexpr Field kFive[] = {{"minute", 0, 59},
                           {"hour", 0, 23},
                           {"day of month", 1, 31},
                           {"month", 1, 12, kMonths},
                           {"day of week", 0, 7, kDays}};  // Sunday is 0 and 7

bool read_number(std::string_view text, int& out) {
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && rest == text.data() + text.size();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return out;
}

bool read_value(const Field& field, std::string_view text, int& out) {
  if (read_number(text, out)) return out >= field.min && out <= field.max;
  if (text.size() < kNameCharsMin) return false;
  const auto named = std::ranges::find_if(
      field.names, [name = lower(text)](std::string_view full) { return full.starts_with(name); });
  out = field.min + static_cast<int>(named - field.names.begin());
  return named != field.names.end();
}

/// One item of a list: "*", "3", "1-5", each with "/2" or without.
bool is_item(const Field& field, std::string_view item) {
  if (const auto slash = item.find('/'); slash != std::string_view::npos) {
    int step = 0;
    if (!read_number(item.substr(slash + 1), step) || step < 1) return false;
    item = item.substr(0, slash);
  }
  if (item == "*") return true;
  const auto dash = item.find('-');
  int first = 0;
  if (!read_value(field, item.substr(0, dash), first)) return false;
  int last = first;
  return dash == std::string_view::npos ||
         (read_value(field, item.substr(dash + 1), last) && first <= last);
}

std::optional<std::string> field_problem(const Field& field, std::string_view text) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view item = text.substr(at, comma - at);
    if (!is_item(field, item)) {
      return std::string(field.name) + " \"" + std::string(item) + "\": want *, " +
             std::to_string(field.min) + " to " + std::to_string(field.max) +
             (field.names.empty() ? "" : " or a name") + ", a range 1-5, a step */2 or a list 1,3";
    }
    at = comma + 1;
  }
  return std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// "90m", "1h/5m": a whole number and a unit, and perhaps where in the interval it lies.
bool is_interval(std::string_view text) {
  const auto is_time = [](std::string_view part, int least) {
    int number = 0;
    return part.size() >= 2 &&
           std::string_view("smhd").find(part.back()) != std::string_view::npos &&
           read_number(part.substr(0, part.size() - 1), number) && number >= least;
  };
  const auto slash = text.find('/');
  return is_time(text.substr(0, slash), 1) &&
         (slash == std::string_view::npos || is_time(text.substr(slash + 1), 0));
}

}  // namespace

std::optional<std::string> cron_problem(std::string_view text) {
  const auto words = words_of(text);
  const std::string_view first = words.empty() ? std::string_view() : words[0];
  if (first.starts_with("TZ=") || first.starts_with("CRON_TZ=")) {
    return "the zone is a key of its own: schedule_zone";
  }
  if (first == "@every") {
    if (words.size() == 2 && is_interval(words[1])) return std::nullopt;
    return "want @every and an interval such as 90m (s, m, h or d)";
  }
  if (first.starts_with('@')) {
    constexpr std::string_view kKnown[] = {"@yearly", "@annually", "@monthly", "@weekly",
                                           "@daily",  "@midnight", "@hourly"};
    const bool known = std::ranges::find(kKnown, first) != std::end(kKnown);
    if (known && words.size() == 1) return std::nullopt;
    return "want @yearly, @monthly, @weekly, @daily, @hourly or @every 90m";
  }
  if (words.size() < 5 || words.size() > 7) {
    return "want 5 fields (minute hour day-of-month month day-of-week), e.g. \"0 2 * * 1-5\"; it "
           "has " +
           std::to_string(words.size());
  }
  std::vector<Field> fields(std::begin(kFive), std::end(kFive));
  if (words.size() == 7) fields.insert(fields.begin(), kSecond);
  if (words.size() > 5) fields.push_back(kYear);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (auto problem = field_problem(fields[i], words[i])) return problem;
  }
  return std::nullopt;
}

bool is_time_zone(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  if (name.empty() || name.front() == '/' ||
      name.find_first_not_of(kLetters) != std::string_view::npos) {
    return false;
  }
  std::error_code unreadable;
  const std::filesystem::path folder(kZoneInfo);
  if (name == "UTC" || !std::filesystem::is_directory(folder, unreadable)) return true;
  std::ifstream file(folder / name, std::ios::binary);
  char magic[4] = {};
  file.read(magic, sizeof magic);
  return file && std::string_view(magic, sizeof magic) == "TZif";  // RFC 9636
}

}  // namespace gantry::config
