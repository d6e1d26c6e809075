#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "host/base/clock.hpp"

namespace gantry::net {

/// The longest wait that a server may ask of us; more is cut to it.
constexpr std::chrono::nanoseconds kRetryAfterMax = std::chrono::minutes{15};

/// Reads a Retry-After value (RFC 9110, section 10.2.3): seconds, with a decimal fraction as some
/// vendors send it, or an HTTP date, counted from `now`. A past date is zero; what is neither is
/// empty. [any-thread]
std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value, Instant now);

}  // namespace gantry::net
