#pragma once

#include <chrono>
#include <string_view>

namespace gantry {

/// Vocabulary of durable calls: a name, its types and its policy, declared once in contracts/ and
/// used alike by the workflow that calls, the worker that serves and the client that starts.

/// How a failed call is tried again. Attempts of 0 mean without end.
struct RetryPolicy {
  std::chrono::milliseconds initial_interval{1'000};
  double backoff = 2.0;
  std::chrono::milliseconds interval_max{100'000};
  int attempts_max = 0;
  /// Application failure type that is never tried again; empty for none.
  std::string_view non_retryable_type = {};
};

/// Time-outs of an activity. Zero means not set; start_to_close must be set.
struct ActivityPolicy {
  std::chrono::milliseconds start_to_close{0};
  std::chrono::milliseconds schedule_to_close{0};
  std::chrono::milliseconds heartbeat{0};
  RetryPolicy retry = {};
};

/// A typed activity name. Registering or calling it with other types does not compile.
template <class Argument_, class Return_>
struct ActivityType {
  using Argument = Argument_;
  using Return = Return_;
  std::string_view name;
  ActivityPolicy policy;
};

/// A typed workflow name.
template <class Argument_, class Return_>
struct WorkflowType {
  using Argument = Argument_;
  using Return = Return_;
  std::string_view name;
};

/// A typed query, signal or update name.
template <class Return_>
struct QueryType {
  using Return = Return_;
  std::string_view name;
};
template <class Argument_>
struct SignalType {
  using Argument = Argument_;
  std::string_view name;
};
template <class Argument_, class Return_>
struct UpdateType {
  using Argument = Argument_;
  using Return = Return_;
  std::string_view name;
};

}  // namespace gantry
