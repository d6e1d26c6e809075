#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "host/plugins/source.hpp"

namespace gantry::plugins {

/// The calls into a connector that are counted. `sign` and `check` are an operator's and are not.
enum class CallKind : std::uint8_t {
  kVerify,
  kParse,
  kPoll,
  kOpenFeed,
  kNext,
  kAck,
  kNack,
  kProbe,
  kOpenFile,
  kFeed,
  kFinish,
};
inline constexpr std::size_t kCallKinds = 11;

/// How one ended: ok, or the category of its error. kHost: the host's own part of it failed, such
/// as staging what the connector gave.
enum class CallOutcome : std::uint8_t {
  kOk,
  kConfig,
  kAuth,
  kRateLimited,
  kTransient,
  kData,
  kBug,
  kCancelled,
  kUnsupported,
  kNotConnected,
  kHost,
};
inline constexpr std::size_t kCallOutcomes = 11;

/// "verify", "open_feed", … [any-thread]
std::string_view to_string(CallKind kind) noexcept;
/// "ok", "rate_limited", … [any-thread]
std::string_view to_string(CallOutcome outcome) noexcept;
/// "webhook", "poller", "stream" or "batch". [any-thread]
std::string_view capability_of(CallKind kind) noexcept;
/// The capability as a manifest names it: "gantry.webhook/1". [any-thread]
std::string_view manifest_name_of(CallKind kind) noexcept;

/// Hears of a call that ended, of the same source each time. Must be quick. [any-thread]
using CallMeter = std::function<void(CallKind, CallOutcome, std::chrono::nanoseconds)>;

/// `inner`, each call of which is told to `meter`. A call that hands records over takes as long as
/// it takes the host to keep them.
std::unique_ptr<Source> metered(std::unique_ptr<Source> inner, CallMeter meter);

}  // namespace gantry::plugins
