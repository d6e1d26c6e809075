#include "amount.hpp"

#include <algorithm>
#include <iterator>

namespace gantry::stripe {
namespace {

// docs.stripe.com/currencies. ISK and UGX have no fraction either, but are sent with two digits.
constexpr std::string_view kNoFraction[] = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
                                            "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"};
constexpr std::string_view kThreeDigits[] = {"bhd", "jod", "kwd", "omr", "tnd"};

std::size_t fraction_digits(std::string_view currency) {
  const auto is_in = [&](const auto& list) {
    return std::find(std::begin(list), std::end(list), currency) != std::end(list);
  };
  if (is_in(kNoFraction)) return 0;
  return is_in(kThreeDigits) ? 3 : 2;
}

}  // namespace

std::optional<std::string> decimal_amount(std::string_view minor, std::string_view currency) {
  const bool negative = minor.starts_with('-');
  std::string digits(minor.substr(negative ? 1 : 0));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  const std::size_t fraction = fraction_digits(currency);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  if (fraction > 0) digits.insert(digits.size() - fraction, 1, '.');
  return negative ? "-" + digits : digits;
}

}  // namespace gantry::stripe
