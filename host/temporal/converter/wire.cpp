#include "host/temporal/converter/wire.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;
using WireFailure = api::failure::v1::Failure;

constexpr char kSource[] = "GantrySDK";

/// Fields of ours that say which kind of failure it is. One branch per class of failure.hpp.
void kind_to_wire(const Failure& from, WireFailure& to) {
  if (const auto* failure = dynamic_cast<const ApplicationFailure*>(&from)) {
    auto& info = *to.mutable_application_failure_info();
    info.set_type(failure->type);
    info.set_non_retryable(failure->non_retryable);
    if (failure->next_retry_delay) {
      to_wire(*failure->next_retry_delay, *info.mutable_next_retry_delay());
    }
    if (!failure->details.empty()) to_wire(failure->details, *info.mutable_details());
  } else if (const auto* cancelled = dynamic_cast<const Cancelled*>(&from)) {
    auto& info = *to.mutable_canceled_failure_info();
    if (!cancelled->details.empty()) to_wire(cancelled->details, *info.mutable_details());
  } else if (const auto* timeout = dynamic_cast<const TimeoutFailure*>(&from)) {
    auto& info = *to.mutable_timeout_failure_info();
    info.set_timeout_type(static_cast<api::enums::v1::TimeoutType>(timeout->kind));
    if (!timeout->last_heartbeat_details.empty()) {
      to_wire(timeout->last_heartbeat_details, *info.mutable_last_heartbeat_details());
    }
  } else if (dynamic_cast<const TerminatedFailure*>(&from) != nullptr) {
    to.mutable_terminated_failure_info();
  } else if (const auto* server = dynamic_cast<const ServerFailure*>(&from)) {
    to.mutable_server_failure_info()->set_non_retryable(server->non_retryable);
  } else if (const auto* activity = dynamic_cast<const ActivityFailure*>(&from)) {
    auto& info = *to.mutable_activity_failure_info();
    info.mutable_activity_type()->set_name(activity->activity_type);
    info.set_activity_id(activity->activity_id);
    info.set_identity(activity->identity);
    info.set_retry_state(static_cast<api::enums::v1::RetryState>(activity->retry_state));
    info.set_scheduled_event_id(activity->scheduled_event_id);
    info.set_started_event_id(activity->started_event_id);
  } else if (const auto* child = dynamic_cast<const ChildFailure*>(&from)) {
    auto& info = *to.mutable_child_workflow_execution_failure_info();
    info.set_namespace_(child->namespace_name);
    info.mutable_workflow_type()->set_name(child->workflow_type);
    info.mutable_workflow_execution()->set_workflow_id(child->workflow_id);
    info.mutable_workflow_execution()->set_run_id(child->run_id);
    info.set_retry_state(static_cast<api::enums::v1::RetryState>(child->retry_state));
    info.set_initiated_event_id(child->initiated_event_id);
    info.set_started_event_id(child->started_event_id);
  } else {
    to.mutable_application_failure_info()->set_type("ChildAlreadyStarted");
  }
}

std::shared_ptr<Failure> kind_from_wire(const WireFailure& from) {
  switch (from.failure_info_case()) {
    case WireFailure::kApplicationFailureInfo: {
      const auto& info = from.application_failure_info();
      auto to =
          std::make_shared<ApplicationFailure>(info.type(), from.message(), info.non_retryable());
      if (info.has_next_retry_delay()) to->next_retry_delay = from_wire(info.next_retry_delay());
      to->details = payloads_from_wire(info.details().payloads());
      return to;
    }
    case WireFailure::kCanceledFailureInfo: {
      auto to = std::make_shared<Cancelled>(from.message());
      to->details = payloads_from_wire(from.canceled_failure_info().details().payloads());
      return to;
    }
    case WireFailure::kTimeoutFailureInfo: {
      const auto& info = from.timeout_failure_info();
      auto to = std::make_shared<TimeoutFailure>(static_cast<TimeoutKind>(info.timeout_type()),
                                                 from.message());
      to->last_heartbeat_details = payloads_from_wire(info.last_heartbeat_details().payloads());
      return to;
    }
    case WireFailure::kTerminatedFailureInfo:
      return std::make_shared<TerminatedFailure>(from.message());
    case WireFailure::kServerFailureInfo: {
      auto to = std::make_shared<ServerFailure>(from.message());
      to->non_retryable = from.server_failure_info().non_retryable();
      return to;
    }
    case WireFailure::kActivityFailureInfo: {
      const auto& info = from.activity_failure_info();
      auto to = std::make_shared<ActivityFailure>(from.message());
      to->activity_type = info.activity_type().name();
      to->activity_id = info.activity_id();
      to->identity = info.identity();
      to->retry_state = static_cast<RetryState>(info.retry_state());
      to->scheduled_event_id = info.scheduled_event_id();
      to->started_event_id = info.started_event_id();
      return to;
    }
    case WireFailure::kChildWorkflowExecutionFailureInfo: {
      const auto& info = from.child_workflow_execution_failure_info();
      auto to = std::make_shared<ChildFailure>(from.message());
      to->workflow_type = info.workflow_type().name();
      to->workflow_id = info.workflow_execution().workflow_id();
      to->run_id = info.workflow_execution().run_id();
      to->namespace_name = info.namespace_();
      to->retry_state = static_cast<RetryState>(info.retry_state());
      to->initiated_event_id = info.initiated_event_id();
      to->started_event_id = info.started_event_id();
      return to;
    }
    case WireFailure::kResetWorkflowFailureInfo:
    case WireFailure::kNexusOperationExecutionFailureInfo:
    case WireFailure::kNexusHandlerFailureInfo:
    case WireFailure::FAILURE_INFO_NOT_SET:
      break;
  }
  return std::make_shared<ServerFailure>(from.message());
}

}  // namespace

void to_wire(const Payload& from, api::common::v1::Payload& to) {
  for (const auto& [key, value] : from.metadata) (*to.mutable_metadata())[key] = value;
  to.set_data(from.data);
}

Payload from_wire(const api::common::v1::Payload& from) {
  Payload to;
  for (const auto& [key, value] : from.metadata()) to.metadata.emplace(key, value);
  to.data = from.data();
  return to;
}

void to_wire(const std::vector<Payload>& from, api::common::v1::Payloads& to) {
  for (const auto& payload : from) to_wire(payload, *to.add_payloads());
}

void to_wire(const Failure& from, WireFailure& to) {
  to.set_message(from.message);
  to.set_source(kSource);
  kind_to_wire(from, to);
  if (from.cause) to_wire(*from.cause, *to.mutable_cause());
}

std::shared_ptr<const Failure> from_wire(const WireFailure& from) {
  auto to = kind_from_wire(from);
  if (from.has_cause()) to->cause = from_wire(from.cause());
  return to;
}

void to_wire(std::chrono::milliseconds from, google::protobuf::Duration& to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(from);
  to.set_seconds(seconds.count());
  to.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(from - seconds).count()));
}

std::chrono::milliseconds from_wire(const google::protobuf::Duration& from) {
  return std::chrono::seconds(from.seconds()) +
         std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::nanoseconds(from.nanos()));
}

Instant from_wire(const google::protobuf::Timestamp& from) {
  return Instant(std::chrono::seconds(from.seconds()) + std::chrono::nanoseconds(from.nanos()));
}

void to_wire(const RetryPolicy& from, api::common::v1::RetryPolicy& to) {
  to_wire(from.initial_interval, *to.mutable_initial_interval());
  to.set_backoff_coefficient(from.backoff);
  to_wire(from.interval_max, *to.mutable_maximum_interval());
  to.set_maximum_attempts(from.attempts_max);
  if (!from.non_retryable_type.empty()) {
    to.add_non_retryable_error_types(std::string(from.non_retryable_type));
  }
}

}  // namespace gantry::temporal
