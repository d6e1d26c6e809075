#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string_view>

#include "host/base/clock.hpp"

namespace gantry::stores::saga {

enum class BreakerState { kClosed, kOpen, kHalfOpen };
std::string_view to_string(BreakerState state) noexcept;

struct BreakerPolicy {
  std::size_t failures = 5;  ///< That many within `window` open it.
  std::chrono::milliseconds window{std::chrono::seconds{60}};
  std::chrono::milliseconds open_for{std::chrono::seconds{10}};  ///< Then one call may probe.
};

/// Keeps calls away from a store that keeps failing, so that it can come back. [any-thread]
class Breaker {
 public:
  Breaker(BreakerPolicy policy, const Clock& clock);

  /// True where the call may be made; then exactly one of succeeded() or failed() must follow.
  /// After `open_for` one caller gets true and decides for all.
  bool enter();
  void succeeded();
  void failed();
  BreakerState state() const;

 private:
  const BreakerPolicy policy_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<std::chrono::steady_clock::time_point> failures_;
  std::chrono::steady_clock::time_point opened_at_{};
  BreakerState state_ = BreakerState::kClosed;
};

}  // namespace gantry::stores::saga
