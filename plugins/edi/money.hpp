#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::edi {

/// Hundredths of a currency unit: the only arithmetic done on money here is adding.
struct Cents {
  std::int64_t value = 0;
  bool explicit_point = false;  ///< The sender wrote a decimal point where two digits are implied.
};

/// Type N2, two implied decimals: "275433" is 2754.33. A sender's own decimal point is honoured and
/// marked. Nothing where it is no number or too long for 18 digits.
std::optional<Cents> cents_of_n2(std::string_view text);

/// Type R, literal: "21298.97", ".07", "-143.76"; more than two decimals give nothing.
std::optional<Cents> cents_of_r(std::string_view text);

/// "2754.33", "-0.05".
std::string decimal(std::int64_t cents);

/// The sum, or nothing on overflow.
std::optional<std::int64_t> add(std::int64_t left, std::int64_t right);

bool is_n(std::string_view text);  ///< An optional minus and digits.
bool is_r(std::string_view text);  ///< An optional minus, digits and at most one point.

}  // namespace gantry::edi
