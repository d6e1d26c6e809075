#include "host/pipeline/normalise.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace gantry::pipeline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

/// ASCII and the letters of Latin-1 (U+00E0…U+00FE but U+00F7): "Montréal" and "MONTRÉAL".
std::string upper(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto lead = static_cast<unsigned char>(out[i]);
    if (lead == 0xC3 && i + 1 < out.size()) {
      const auto next = static_cast<unsigned char>(out[++i]);
      if (next >= 0xA0 && next <= 0xBE && next != 0xB7) out[i] = static_cast<char>(next - 0x20);
    } else {
      out[i] = upper(out[i]);
    }
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n#:");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n.,;") + 1 - first);
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_digit(c)) out += c;
  }
  return out;
}

/// Upper case with single spaces.
std::string upper_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return upper(out);
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

std::optional<std::string> reference_value(std::string_view kind, std::string_view number) {
  while (!number.empty() && number.back() == '-') number.remove_suffix(1);
  std::string out = upper(number);
  if (const std::string word = upper(kind); out.starts_with(word)) {
    const auto rest = out.find_first_not_of("-# ", word.size());
    if (rest != out.npos && is_digit(out[rest]) && out.size() - rest >= 3) out.erase(0, rest);
  }
  if (out.size() < 3 || std::ranges::none_of(out, is_digit)) return std::nullopt;
  return out;
}

std::optional<std::string> scac_value(std::string_view code) {
  if (code.size() < 2 || code.size() > 4) return std::nullopt;
  if (!std::ranges::all_of(code, is_capital)) return std::nullopt;
  return std::string(code);
}

std::optional<std::string> registration_value(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  if (first == digits.npos) return std::nullopt;
  digits.remove_prefix(first);
  if (digits.size() < 3 || digits.size() > 8 || !std::ranges::all_of(digits, is_digit)) {
    return std::nullopt;
  }
  return std::string(digits);
}

namespace {

/// ISO 6346, annex A: letters count from 10 and step over the multiples of 11.
char check_digit(std::string_view ten) {
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const char c = ten[static_cast<std::size_t>(i)];
    const int value = is_digit(c) ? c - '0' : c - 'A' + 10 + (c - 'A' + 9) / 10;
    sum += value << i;
  }
  return static_cast<char>('0' + sum % 11 % 10);
}

bool is_container(std::string_view ten) {
  return ten.size() >= 10 && std::ranges::all_of(ten.substr(0, 4), is_capital) &&
         (ten[3] == 'U' || ten[3] == 'J' || ten[3] == 'Z') &&
         std::ranges::all_of(ten.substr(4), is_digit);
}

}  // namespace

std::optional<std::string> container_value(std::string_view text) {
  std::string id;
  for (const char c : text) {
    if (c != ' ' && c != '-') id += upper(c);
  }
  if (id.size() != 11 || !is_container(id) || check_digit(id) != id[10]) return std::nullopt;
  return id;
}

std::optional<std::string> container_of(std::string_view owner, std::string_view serial) {
  std::string id = upper(owner) + std::string(serial);
  if (owner.size() != 4 || id.size() != 10 || !is_container(id)) return std::nullopt;
  id += check_digit(id);
  return id;
}

std::optional<std::string> place_value(std::string_view city, std::string_view code) {
  if (!std::ranges::binary_search(kRegions, code)) return std::nullopt;
  return upper_words(city) + ", " + std::string(code);
}

std::optional<std::string> money_value(std::string_view before, std::string_view amount,
                                       std::string_view after, std::string_view scale) {
  std::string_view code = currency(after);
  if (code.empty()) code = currency(before);
  if (code.empty()) return std::nullopt;
  std::string value;
  for (const char c : amount) {
    if (c != ',') value += c;
  }
  if (!scale.empty()) {
    const auto had = value.find('.');
    std::string fraction = had == value.npos ? "" : value.substr(had + 1);
    const std::size_t shift = scale == "M" ? 6 : 3;
    if (fraction.size() < shift) fraction.resize(shift, '0');
    value = value.substr(0, had) + fraction.substr(0, shift);
    if (fraction.size() > shift) value += '.' + fraction.substr(shift);
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

std::string comma_amount(std::string_view amount) {
  std::string out;
  for (const char c : amount) {
    if (c != '.') out += c == ',' ? '.' : c;
  }
  return out;
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

std::optional<std::string> world_phone_value(std::string_view number) {
  const std::string digits = digits_of(number);
  if (digits.size() < 8 || digits.size() > 15) return std::nullopt;
  return "+" + digits;
}

std::optional<std::string> email_value(std::string_view address) {
  std::string out(address);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (out.find("..") != out.npos || out.front() == '.') return std::nullopt;
  return out;
}

namespace {

std::string without_legal_form(std::string_view name) {
  std::string out = upper_words(name);
  std::erase_if(out, [](char c) { return c == '.' || c == ','; });
  for (const std::string_view form : {" INC", " LLC", " LTD", " CORP", " CO", " LP"}) {
    if (out.ends_with(form)) {
      out.resize(out.size() - form.size());
      break;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> carrier_value(std::string_view name) {
  std::string out = without_legal_form(name);
  // The word that makes it a carrier needs another one before it: "Freight" alone is none.
  if (out.find(' ') == out.npos) return std::nullopt;
  return out;
}

namespace {

std::optional<std::string> stated_phone(std::string_view text) {
  std::string digits = digits_of(text);
  if (text.starts_with('+')) return world_phone_value(text);
  if (digits.size() == 11 && digits[0] == '1') digits.erase(0, 1);
  if (digits.size() != 10 || digits[0] < '2' || digits[3] < '2') return std::nullopt;
  const std::string_view ten = digits;
  return phone_value(ten.substr(0, 3), ten.substr(3, 3), ten.substr(6));
}

}  // namespace

std::optional<std::string> stated_value(std::string_view kind, std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.size() > 200) return std::nullopt;
  if (kind == "load" || kind == "pro" || kind == "bol" || kind == "po" || kind == "trailer") {
    return reference_value(kind, text);
  }
  if (kind == "scac") return scac_value(upper(text));
  if (kind == "mc" || kind == "dot") return registration_value(digits_of(text));
  if (kind == "container") return container_value(text);
  if (kind == "phone") return stated_phone(text);
  if (kind == "email") {
    const auto at = text.find('@');
    if (at == 0 || at + 1 >= text.size() || text.find(' ') != text.npos) return std::nullopt;
    return email_value(text);
  }
  if (kind == "carrier") {
    std::string name = without_legal_form(text);
    if (name.size() > 1) return name;
  }
  return std::nullopt;
}

std::size_t leading_stop_words(std::string_view name) {
  static constexpr std::string_view kStops[] = {
      "AND",         "ARRIVED", "AT",        "BETWEEN", "BOOK",    "BOOKED",     "BY",
      "CALL",        "CARRIER", "CONTACT",   "DEAR",    "DELIVER", "DELIVERING", "DEPARTED",
      "DESTINATION", "FOR",     "FROM",      "HELLO",   "HI",      "IN",         "INTO",
      "IS",          "LEAVING", "LOAD",      "LOADING", "NEAR",    "OF",         "ORIGIN",
      "OUR",         "OUTSIDE", "PICKUP",    "PLEASE",  "SHIP",    "THANKS",     "THE",
      "THIS",        "TO",      "UNLOADING", "VIA",     "WITH",    "YOUR"};
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
