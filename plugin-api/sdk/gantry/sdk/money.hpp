#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::sdk {

/// Digits behind the point that a currency's amounts are written with (ISO 4217): 2 but for the
/// codes listed; -1 for what is no code of three letters (a vendor's own name of a coin).
inline int currency_places(std::string_view code) noexcept {
  constexpr std::string_view kNone =
      "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
  constexpr std::string_view kThree = "BHD IQD JOD KWD LYD OMR TND";
  if (code.size() != 3 || code.find(' ') != std::string_view::npos) return -1;
  if (kNone.find(code) != std::string_view::npos) return 0;
  return kThree.find(code) != std::string_view::npos ? 3 : 2;
}

/// An amount as plain decimal text, from the digits that the vendor sent: an exponent is written
/// out, the fraction is filled up to the currency's places and never cut ("72.1" USD: "72.10",
/// "1.5e3" JPY: "1500"). What is no decimal number, or has an exponent past 30, comes back as it
/// is.
inline std::string money_text(std::string_view number, std::string_view currency) {
  std::string_view rest = number;
  const auto digits = [&rest] {
    std::size_t count = 0;
    while (count < rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(count);
    return taken;
  };
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::string whole(digits());
  std::string fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = digits();
  }
  if (whole.empty()) return std::string(number);
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    const bool down = rest.starts_with('-');
    if (down || rest.starts_with('+')) rest.remove_prefix(1);
    int exponent = 0;
    const std::string_view power = digits();
    for (const char c : power) exponent = exponent > 30 ? exponent : exponent * 10 + (c - '0');
    if (power.empty() || exponent > 30) return std::string(number);
    std::string& from = down ? whole : fraction;
    for (; exponent > 0; --exponent) {
      const char moved = from.empty() ? '0' : down ? from.back() : from.front();
      if (!from.empty()) from.erase(down ? from.size() - 1 : 0, 1);
      if (down) {
        fraction.insert(fraction.begin(), moved);
      } else {
        whole += moved;
      }
    }
  }
  if (!rest.empty()) return std::string(number);
  const auto lead = whole.find_first_not_of('0');
  whole = lead == std::string::npos ? "0" : whole.substr(lead);
  const int places = currency_places(currency);
  while (static_cast<int>(fraction.size()) < places) fraction += '0';
  const std::string amount = fraction.empty() ? whole : whole + '.' + fraction;
  return negative && amount.find_first_not_of("0.") != std::string::npos ? '-' + amount : amount;
}

}  // namespace gantry::sdk
