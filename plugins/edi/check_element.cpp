#include "check_element.hpp"

#include <string>

#include "money.hpp"
#include "text.hpp"
#include "times.hpp"

namespace gantry::edi {
namespace {

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1u : 0u;
  return count;
}

int check_length(const ElementRule& rule, std::size_t length) {
  if (length < rule.min) return 4;
  return length > rule.max ? 5 : 0;
}

/// Sign and decimal point do not count (X12.6, 3.3.1).
std::size_t digits_of(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += c >= '0' && c <= '9' ? 1u : 0u;
  return count;
}

bool is_listed(std::string_view codes, std::string_view value) {
  return codes.find(' ' + upper(value) + ' ') != std::string_view::npos;
}

int check_text(const ElementRule& rule, std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return 6;
  }
  if (const int code = check_length(rule, characters(value)); code != 0) return code;
  return !rule.codes.empty() && !is_listed(rule.codes, value) ? 7 : 0;
}

int check_number(const ElementRule& rule, std::string_view value, bool strict, Warnings& warnings) {
  const bool implied = rule.type == Type::kN0 || rule.type == Type::kN2;
  if (implied && !is_n(value)) {
    if (!is_r(value)) return 6;
    if (strict) return 6;
    warnings.add("decimal_point_in_implied_decimal");
  }
  if (!implied && !is_r(value)) return 6;
  if (rule.type == Type::kN2 && !cents_of_n2(value)) return 6;
  return check_length(rule, digits_of(value));
}

int check_date(std::string_view value, bool strict, Warnings& warnings) {
  const auto date = read_date(value);
  if (!date) return 8;
  if (!date->two_digit_year) return 0;
  if (strict) return 8;
  warnings.add("two_digit_year");
  return 0;
}

int check_time(std::string_view value, bool strict, Warnings& warnings) {
  if (!read_time(value)) return 9;
  if (!value.starts_with("24")) return 0;
  if (strict) return 9;
  warnings.add("time_24_00");
  return 0;
}

}  // namespace

int check_element(const ElementRule& rule, std::string_view value, bool strict,
                  Warnings& warnings) {
  switch (rule.type) {
    case Type::kAn:
    case Type::kId:
      return check_text(rule, value);
    case Type::kN0:
    case Type::kN2:
    case Type::kR:
      return check_number(rule, value, strict, warnings);
    case Type::kDt:
      return check_date(value, strict, warnings);
    case Type::kTm:
      return check_time(value, strict, warnings);
  }
  return 0;
}

}  // namespace gantry::edi
