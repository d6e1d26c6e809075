#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::stripe {

/// An amount of Stripe's smallest currency unit as decimal text: "1100" and "usd" give "11.00",
/// "500" and "jpy" give "500". Nothing where `minor` is no whole number. Digits are moved, never
/// calculated with.
std::optional<std::string> decimal_amount(std::string_view minor, std::string_view currency);

}  // namespace gantry::stripe
