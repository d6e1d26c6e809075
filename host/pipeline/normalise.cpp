#include "host/pipeline/normalise.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace gantry::pipeline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

/// Upper case with single spaces.
std::string upper_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : upper(c);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// States, DC, territories and military codes, then provinces; sorted.
constexpr std::string_view kRegions[] = {
    "AA", "AB", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "BC", "CA", "CO", "CT", "DC", "DE",
    "FL", "FM", "GA", "GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MB", "MD",
    "ME", "MH", "MI", "MN", "MO", "MP", "MS", "MT", "NB", "NC", "ND", "NE", "NH", "NJ", "NL",
    "NM", "NS", "NT", "NU", "NV", "NY", "OH", "OK", "ON", "OR", "PA", "PE", "PR", "PW", "QC",
    "RI", "SC", "SD", "SK", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY", "YT"};
static_assert(std::ranges::is_sorted(kRegions));

std::string_view currency(std::string_view mark) {
  struct Row {
    std::string_view mark, code;
  };
  static constexpr Row kMarks[] = {{"$", "USD"},    {"US$", "USD"}, {"C$", "CAD"},  {"CA$", "CAD"},
                                   {"CAD$", "CAD"}, {"€", "EUR"},   {"£", "GBP"},   {"USD", "USD"},
                                   {"CAD", "CAD"},  {"MXN", "MXN"}, {"EUR", "EUR"}, {"GBP", "GBP"}};
  const std::string key = upper(mark);
  for (const Row& row : kMarks) {
    if (row.mark == key) return row.code;
  }
  return {};
}

}  // namespace

std::optional<std::string> reference_value(std::string_view number) {
  while (!number.empty() && number.back() == '-') number.remove_suffix(1);
  if (number.size() < 3 || std::ranges::none_of(number, is_digit)) return std::nullopt;
  return upper(number);
}

std::optional<std::string> digits_value(std::string_view number) { return std::string(number); }

std::optional<std::string> container_value(std::string_view text) {
  std::string id;
  for (const char c : text) {
    if (c != ' ' && c != '-') id += upper(c);
  }
  if (id.size() != 11) return std::nullopt;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const char c = id[static_cast<std::size_t>(i)];
    // Letters count from 10 and step over the multiples of 11.
    const int value = is_digit(c) ? c - '0' : c - 'A' + 10 + (c - 'A' + 9) / 10;
    sum += value << i;
  }
  if (sum % 11 % 10 != id[10] - '0') return std::nullopt;
  return id;
}

std::optional<std::string> place_value(std::string_view city, std::string_view code) {
  if (!std::ranges::binary_search(kRegions, code)) return std::nullopt;
  return upper_words(city) + ", " + std::string(code);
}

std::optional<std::string> money_value(std::string_view before, std::string_view amount,
                                       std::string_view after) {
  std::string_view code = currency(after);
  if (code.empty()) code = currency(before);
  if (code.empty()) return std::nullopt;
  std::string value;
  for (const char c : amount) {
    if (c != ',') value += c;
  }
  const auto first = value.find_first_not_of('0');
  if (first == value.npos || value[first] == '.') {
    value.erase(0, std::min(first, value.find('.')));
    value.insert(0, "0");
    if (value == "0" || value.empty()) value = "0";
  } else {
    value.erase(0, first);
  }
  const auto point = value.find('.');
  if (point == value.npos) {
    value += ".00";
  } else {
    while (value.size() - point - 1 < 2) value += '0';
    while (value.size() - point - 1 > 2 && value.back() == '0') value.pop_back();
  }
  return value + " " + std::string(code);
}

std::optional<std::string> date_value(std::string_view year, std::string_view month,
                                      std::string_view day) {
  static constexpr std::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                 "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  unsigned m = 0;
  if (is_digit(month.front())) {
    m = number(month);
  } else {
    const auto* found = std::ranges::find(kMonths, upper(month.substr(0, 3)));
    m = static_cast<unsigned>(found - std::begin(kMonths)) + 1;
  }
  unsigned y = number(year);
  if (year.size() == 2) y += 2000;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(y)},
                                         std::chrono::month{m}, std::chrono::day{number(day)}};
  if (!date.ok() || y < 1900 || y > 2199) return std::nullopt;
  const auto two = [](unsigned n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(y) + "-" + two(m) + "-" + two(number(day));
}

std::optional<std::string> phone_value(std::string_view area, std::string_view exchange,
                                       std::string_view line) {
  // N11 codes (911, 411) are services, never area codes or exchanges (NANPA).
  if (area.substr(1) == "11" || exchange.substr(1) == "11") return std::nullopt;
  return "+1" + std::string(area) + std::string(exchange) + std::string(line);
}

std::optional<std::string> email_value(std::string_view address) {
  std::string out(address);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (out.find("..") != out.npos || out.front() == '.') return std::nullopt;
  return out;
}

std::optional<std::string> carrier_value(std::string_view name) {
  std::string out = upper_words(name);
  std::erase_if(out, [](char c) { return c == '.' || c == ','; });
  for (const std::string_view form : {" INC", " LLC", " LTD", " CORP", " CO", " LP"}) {
    if (out.ends_with(form)) {
      out.resize(out.size() - form.size());
      break;
    }
  }
  // The word that makes it a carrier needs another one before it: "Freight" alone is none.
  if (out.find(' ') == out.npos) return std::nullopt;
  return out;
}

std::size_t leading_stop_words(std::string_view name) {
  static constexpr std::string_view kStops[] = {
      "AND",    "AT",   "BOOK",  "BOOKED", "BY",  "CALL", "CARRIER", "CONTACT", "DEAR",
      "FOR",    "FROM", "HELLO", "HI",     "IS",  "LOAD", "OF",      "OUR",     "PLEASE",
      "THANKS", "THE",  "THIS",  "TO",     "VIA", "WITH", "YOUR"};
  static_assert(std::ranges::is_sorted(kStops));
  std::size_t at = 0;
  while (true) {
    const auto end = name.find_first_of(" \t", at);
    if (end == name.npos || !std::ranges::binary_search(kStops, upper(name.substr(at, end - at)))) {
      return at;
    }
    const auto next = name.find_first_not_of(" \t", end);
    if (next == name.npos) return at;
    at = next;
  }
}

}  // namespace gantry::pipeline
