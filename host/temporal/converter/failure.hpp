#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal {

/// What Temporal calls a failure: an outcome of durable work, kept in history with its cause.
///
/// Thrown out of a workflow body it fails the workflow; any other exception fails only the
/// workflow task, which is tried again, so that fixed code can resume. Copying is cheap (the cause
/// is shared and immutable). Mirrors temporal.api.failure.v1.Failure without its headers.
struct Failure : std::exception {
  std::string message;
  std::shared_ptr<const Failure> cause;

  explicit Failure(std::string message_) : message(std::move(message_)) {}
  const char* what() const noexcept override { return message.c_str(); }

  /// Throws a copy with its full type: how a failure that was stored is thrown again.
  [[noreturn]] virtual void raise() const = 0;
  /// A copy with its full type that others may keep.
  virtual std::shared_ptr<const Failure> share() const = 0;
};

namespace detail {
template <class Self>
struct FailureOf : Failure {
  using Failure::Failure;
  [[noreturn]] void raise() const override { throw static_cast<const Self&>(*this); }
  std::shared_ptr<const Failure> share() const override {
    return std::make_shared<Self>(static_cast<const Self&>(*this));
  }
};
}  // namespace detail

/// What an activity or a workflow reports when its work failed.
struct ApplicationFailure final : detail::FailureOf<ApplicationFailure> {
  std::string type;  ///< Matched against a retry policy's non-retryable types.
  bool non_retryable = false;
  std::optional<std::chrono::milliseconds> next_retry_delay;  ///< Overrides the policy's next wait.
  std::vector<Payload> details;

  ApplicationFailure(std::string type_, std::string message_, bool non_retryable_ = false)
      : FailureOf(std::move(message_)), type(std::move(type_)), non_retryable(non_retryable_) {}
};

/// The work was cancelled.
struct Cancelled final : detail::FailureOf<Cancelled> {
  std::vector<Payload> details;

  explicit Cancelled(std::string message_ = "cancelled") : FailureOf(std::move(message_)) {}
};

/// Which limit passed; numbered as temporal.api.enums.v1.TimeoutType.
enum class TimeoutKind {
  kUnknown = 0,
  kStartToClose = 1,
  kScheduleToStart = 2,
  kScheduleToClose = 3,
  kHeartbeat = 4,
};

/// A time-out of an activity or a workflow.
struct TimeoutFailure final : detail::FailureOf<TimeoutFailure> {
  TimeoutKind kind;
  std::vector<Payload> last_heartbeat_details;

  TimeoutFailure(TimeoutKind kind_, std::string message_)
      : FailureOf(std::move(message_)), kind(kind_) {}
};

/// Somebody terminated the workflow.
struct TerminatedFailure final : detail::FailureOf<TerminatedFailure> {
  using FailureOf::FailureOf;
};

/// The server itself failed the work, or sent a kind of failure that is not known here.
struct ServerFailure final : detail::FailureOf<ServerFailure> {
  bool non_retryable = false;

  using FailureOf::FailureOf;
};

/// Why nobody tries again; numbered as temporal.api.enums.v1.RetryState.
enum class RetryState {
  kUnknown = 0,
  kInProgress = 1,
  kNonRetryableFailure = 2,
  kTimeout = 3,
  kAttemptsReached = 4,
  kPolicyNotSet = 5,
  kServerError = 6,
  kCancelRequested = 7,
};

/// An activity that a workflow called has failed for good; `cause` says why.
struct ActivityFailure final : detail::FailureOf<ActivityFailure> {
  std::string activity_type;
  std::string activity_id;
  std::string identity;  ///< The worker that ran it last.
  RetryState retry_state = RetryState::kUnknown;
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;

  using FailureOf::FailureOf;
};

/// A child workflow has failed for good; `cause` says why.
struct ChildFailure final : detail::FailureOf<ChildFailure> {
  std::string workflow_type;
  std::string workflow_id;
  std::string run_id;
  std::string namespace_name;
  RetryState retry_state = RetryState::kUnknown;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;

  using FailureOf::FailureOf;
};

/// A child workflow could not start because one with its id runs, or ran and may not run again.
struct ChildAlreadyStarted final : detail::FailureOf<ChildAlreadyStarted> {
  std::string workflow_type;
  std::string workflow_id;

  ChildAlreadyStarted(std::string workflow_type_, std::string workflow_id_)
      : FailureOf("child workflow '" + workflow_id_ + "' (" + workflow_type_ +
                  ") is already started"),
        workflow_type(std::move(workflow_type_)),
        workflow_id(std::move(workflow_id_)) {}
};

/// The first failure of type F in the chain of causes, `failure` included; null where none is.
/// The pointer borrows from `failure`. [any-thread]
template <class F>
const F* find_failure(const Failure& failure) noexcept {
  for (const Failure* at = &failure; at != nullptr; at = at->cause.get()) {
    if (const auto* found = dynamic_cast<const F*>(at)) return found;
  }
  return nullptr;
}

/// True where the failure is a cancellation, or an activity's or child's that was cancelled.
inline bool is_cancellation(const Failure& failure) noexcept {
  const Failure* at = &failure;
  while (at->cause && (dynamic_cast<const ActivityFailure*>(at) != nullptr ||
                       dynamic_cast<const ChildFailure*>(at) != nullptr)) {
    at = at->cause.get();
  }
  return dynamic_cast<const Cancelled*>(at) != nullptr;
}

}  // namespace gantry::temporal
