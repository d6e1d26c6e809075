#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry {

/// UTC as RFC 3339 with `Z`: fraction of 0, 3, 6 or 9 digits, as few as keep the value.
/// [any-thread]
std::string to_rfc3339(Instant at);

/// Reads RFC 3339 (section 5.6; https://www.rfc-editor.org/rfc/rfc3339): offset `Z` or ±hh:mm
/// required, up to 9 fraction digits, lower-case `t` and `z` accepted, leap second 60 read as 59.
/// Fails with kInvalid. [any-thread]
Result<Instant> parse_rfc3339(std::string_view text);

/// Reads a duration as configuration writes it: `250ms`, `30s`, `15m`, `24h`, `7d`. [any-thread]
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace gantry
