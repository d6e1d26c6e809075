#pragma once

#include <chrono>
#include <functional>

#include "host/plugins/conformance/report.hpp"

namespace gantry::plugins::conformance {

/// How a child process ended.
struct ChildRun {
  enum class End { kOutcome, kDied, kTimedOut };
  End end = End::kOutcome;
  Outcome outcome;   ///< With kOutcome.
  std::string died;  ///< With kDied: signal or exit code, and the last words on standard error.
};

/// Runs `body` in a child process with a process group of its own. Whatever happens, the whole
/// group is gone when it returns: a time-out kills it, and so does the child's end. The child dies
/// with us. Its standard output and error go nowhere but into `died`.
///
/// Forks without exec: the caller must have no other threads. [main] [blocking]
ChildRun run_isolated(const std::function<Outcome()>& body, std::chrono::milliseconds timeout);

}  // namespace gantry::plugins::conformance
