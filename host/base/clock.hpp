#pragma once

#include <chrono>

namespace gantry {

/// UTC with nanoseconds: every instant that leaves a function is one of these.
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// The time, as a port, so that tests own it. [any-thread]
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time, UTC. May step.
  virtual Instant now() const = 0;
  /// Monotonic time for durations and deadlines. Never steps.
  virtual std::chrono::steady_clock::time_point steady() const = 0;
};

/// The machine's clocks; lives for the whole process. [any-thread]
const Clock& system_clock() noexcept;

}  // namespace gantry
