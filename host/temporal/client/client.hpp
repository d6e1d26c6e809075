#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/base/durable.hpp"
#include "host/temporal/client/connection.hpp"
#include "host/temporal/client/execution.hpp"
#include "host/temporal/client/schedule.hpp"
#include "host/temporal/converter/claim_check.hpp"
#include "host/temporal/converter/convert.hpp"

namespace gantry::temporal {

/// Starts, signals, asks and watches workflows of the connection's namespace.
///
/// Calls block for at most the connection's call_timeout unless they take a time of their own.
/// Errors: kUnavailable while the service is away, kNotFound, kConflict (already started),
/// kTimeout, kCancelled once the connection was closed. [any-thread] [blocking]
class Client {
 public:
  using Started = std::function<void(Result<WorkflowHandle>)>;

  /// Both outlive this. `claim_check` may be null: then large payloads go as they are.
  explicit Client(Connection& connection, const ClaimCheck* claim_check = nullptr)
      : connection_(connection), claim_check_(claim_check) {}

  /// The same start twice (after a lost answer) starts once.
  template <class A, class R>
  Result<WorkflowHandle> start(const WorkflowType<A, R>& type,
                               const std::type_identity_t<A>& argument,
                               const StartOptions& options) {
    return start(type.name, to_payload(argument), options);
  }
  Result<WorkflowHandle> start(std::string_view type, const Payload& argument,
                               const StartOptions& options);

  /// Returns at once; `done` comes on one of Core's threads (or on this one where the start could
  /// not be sent) and must be quick. So one thread keeps many starts in flight.
  template <class A, class R>
  void start_async(const WorkflowType<A, R>& type, const std::type_identity_t<A>& argument,
                   const StartOptions& options, Started done) {
    start_async(type.name, to_payload(argument), options, std::move(done));
  }
  void start_async(std::string_view type, const Payload& argument, const StartOptions& options,
                   Started done);

  template <class A>
  Result<void> signal(const WorkflowHandle& handle, const SignalType<A>& type,
                      const std::type_identity_t<A>& argument) {
    return signal(handle, type.name, to_payload(argument));
  }
  Result<void> signal(const WorkflowHandle& handle, std::string_view name, const Payload& argument);

  /// Signals a running workflow, or starts one and signals it, in one step.
  template <class A, class R, class S>
  Result<WorkflowHandle> signal_with_start(const WorkflowType<A, R>& type,
                                           const std::type_identity_t<A>& argument,
                                           const SignalType<S>& signal,
                                           const std::type_identity_t<S>& signal_argument,
                                           const StartOptions& options) {
    return signal_with_start(type.name, to_payload(argument), signal.name,
                             to_payload(signal_argument), options);
  }
  Result<WorkflowHandle> signal_with_start(std::string_view type, const Payload& argument,
                                           std::string_view signal, const Payload& signal_argument,
                                           const StartOptions& options);

  /// Needs a worker; works on closed workflows too. kInvalid where the workflow refuses it.
  template <class R>
  Result<R> query(const WorkflowHandle& handle, const QueryType<R>& type) {
    auto answer = query(handle, type.name, {});
    if (!answer) return answer.error();
    return converted<R>(*answer);
  }
  Result<Payload> query(const WorkflowHandle& handle, std::string_view name,
                        const std::vector<Payload>& arguments);

  /// Waits for the update's end. kTimeout after `patience`: it may still happen.
  template <class A, class R>
  Result<OutcomeOf<R>> update(const WorkflowHandle& handle, const UpdateType<A, R>& type,
                              const std::type_identity_t<A>& argument, milliseconds patience) {
    auto outcome = update(handle, type.name, to_payload(argument), patience);
    if (!outcome) return outcome.error();
    return typed<R>(*outcome);
  }
  Result<Outcome> update(const WorkflowHandle& handle, std::string_view name,
                         const Payload& argument, milliseconds patience);

  /// Waits for the workflow's end, through continue-as-new and retries. kTimeout after `patience`.
  template <class A, class R>
  Result<OutcomeOf<R>> result(const WorkflowType<A, R>&, const WorkflowHandle& handle,
                              milliseconds patience) {
    auto outcome = result(handle, patience);
    if (!outcome) return outcome.error();
    return typed<R>(*outcome);
  }
  Result<Outcome> result(const WorkflowHandle& handle, milliseconds patience);

  Result<WorkflowDescription> describe(const WorkflowHandle& handle);
  Result<void> cancel(const WorkflowHandle& handle);
  Result<void> terminate(const WorkflowHandle& handle, std::string_view reason);
  /// A serialized temporal.api.history.v1.History, all pages, as the server keeps it: payloads in
  /// the payload store stay references.
  Result<std::string> fetch_history(const WorkflowHandle& handle);
  /// Newest first; `query` is a list filter of Temporal's visibility. At most `limit`.
  Result<std::vector<WorkflowDescription>> list(std::string_view query, std::size_t limit);
  Result<std::int64_t> count(std::string_view query);

  /// Makes a schedule. kConflict where its id is taken, kInvalid where the server cannot read its
  /// times or its zone.
  template <class A, class R>
  Result<void> create_schedule(const WorkflowType<A, R>& type,
                               const std::type_identity_t<A>& argument,
                               const ScheduleOptions& options) {
    return create_schedule(type.name, to_payload(argument), options);
  }
  Result<void> create_schedule(std::string_view type, const Payload& argument,
                               const ScheduleOptions& options);
  /// Replaces times, policies and workflow of a schedule; one that is paused stays so. kNotFound.
  template <class A, class R>
  Result<void> update_schedule(const WorkflowType<A, R>& type,
                               const std::type_identity_t<A>& argument,
                               const ScheduleOptions& options) {
    return update_schedule(type.name, to_payload(argument), options);
  }
  Result<void> update_schedule(std::string_view type, const Payload& argument,
                               const ScheduleOptions& options);
  Result<ScheduleDescription> describe_schedule(std::string_view id);
  /// Its runs go on. kNotFound where there is none.
  Result<void> delete_schedule(std::string_view id);
  /// Starts its workflow now, as far as its overlap policy lets it; whether it did shows later.
  Result<void> trigger_schedule(std::string_view id);

  Result<ServerInfo> server_info();
  /// kNotFound where the connection's namespace is missing.
  Result<void> describe_namespace();
  /// Creates the connection's namespace where it is missing.
  Result<void> ensure_namespace(std::chrono::hours retention);
  /// Creates missing attributes of type Keyword; waits until the server knows them.
  Result<void> ensure_keywords(const std::vector<std::string>& names);
  Result<Backlog> backlog(std::string_view task_queue, TaskKind kind);
  /// New workflows start on this version from now on.
  Result<void> set_current_version(std::string_view deployment, std::string_view build_id);

 private:
  template <class R>
  static Result<R> converted(const Payload& payload) {
    try {
      return from_payload<R>(payload);
    } catch (const ConversionError& problem) {
      return Error{ErrorKind::kInvalid, "the answer has another type", problem.what()};
    }
  }
  template <class R>
  static Result<OutcomeOf<R>> typed(const Outcome& outcome) {
    if (outcome.failure) return OutcomeOf<R>{.failure = outcome.failure};
    auto value = converted<R>(outcome.value);
    if (!value) return value.error();
    return OutcomeOf<R>{.value = std::move(*value)};
  }

  class Calls;

  Connection& connection_;
  const ClaimCheck* claim_check_;
};

}  // namespace gantry::temporal
