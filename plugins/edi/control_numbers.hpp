#pragma once

#include <cstdint>
#include <gantry/sdk/host.hpp>

namespace gantry::edi {

/// Takes `count` numbers nobody took before, durably, and returns the first. A number that a crash
/// leaves unused stays unused. Throws Failure(kData) past 999,999,999. [blocking]
std::uint64_t take_control_numbers(const sdk::Host& host, std::uint64_t count);

/// The number that would be taken next.
std::uint64_t next_control_number(const sdk::Host& host);

inline constexpr std::uint64_t kControlNumberMax = 999'999'999;

}  // namespace gantry::edi
