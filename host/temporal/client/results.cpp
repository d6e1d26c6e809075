#include <algorithm>
#include <thread>

#include "host/temporal/client/calls.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;
using Clock = std::chrono::steady_clock;

// The server ends a long poll after 20 s by default; a call may take a little longer.
constexpr milliseconds kLongPoll{25'000};
constexpr milliseconds kPauseWhileAway{250};

/// What is left of a call's patience.
class Deadline {
 public:
  explicit Deadline(milliseconds patience) : at_(Clock::now() + patience) {}
  milliseconds left() const {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(at_ - Clock::now()));
  }
  bool passed() const { return Clock::now() >= at_; }

 private:
  Clock::time_point at_;
};

/// True where waiting on is right: the poll ended empty, or the service is away for a while.
bool wait_on(const Error& error, const Deadline& deadline) {
  if (deadline.passed()) return false;
  if (error.kind == ErrorKind::kTimeout) return true;
  if (error.kind != ErrorKind::kUnavailable) return false;
  std::this_thread::sleep_for(std::min(kPauseWhileAway, deadline.left()));
  return true;
}

Payload first_of(const api::common::v1::Payloads& payloads) {
  return payloads.payloads_size() > 0 ? from_wire(payloads.payloads(0)) : null_payload();
}

/// The end a closing event tells, or the run that continues.
struct Close {
  std::string next_run_id;
  Outcome outcome;
};

Close close_of(const api::history::v1::HistoryEvent& event) {
  using Event = api::history::v1::HistoryEvent;
  Close close;
  switch (event.attributes_case()) {
    case Event::kWorkflowExecutionCompletedEventAttributes: {
      const auto& end = event.workflow_execution_completed_event_attributes();
      close.next_run_id = end.new_execution_run_id();
      close.outcome.value = first_of(end.result());
      break;
    }
    case Event::kWorkflowExecutionFailedEventAttributes: {
      const auto& end = event.workflow_execution_failed_event_attributes();
      close.next_run_id = end.new_execution_run_id();
      close.outcome.failure = from_wire(end.failure());
      break;
    }
    case Event::kWorkflowExecutionTimedOutEventAttributes:
      close.next_run_id =
          event.workflow_execution_timed_out_event_attributes().new_execution_run_id();
      close.outcome.failure = std::make_shared<TimeoutFailure>(TimeoutKind::kStartToClose,
                                                               "the workflow's time ran out");
      break;
    case Event::kWorkflowExecutionContinuedAsNewEventAttributes:
      close.next_run_id =
          event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
      break;
    case Event::kWorkflowExecutionCanceledEventAttributes: {
      auto cancelled = std::make_shared<Cancelled>();
      cancelled->details = payloads_from_wire(
          event.workflow_execution_canceled_event_attributes().details().payloads());
      close.outcome.failure = std::move(cancelled);
      break;
    }
    case Event::kWorkflowExecutionTerminatedEventAttributes:
      close.outcome.failure = std::make_shared<TerminatedFailure>(
          event.workflow_execution_terminated_event_attributes().reason());
      break;
    default:
      close.outcome.failure = std::make_shared<ServerFailure>("an end of a kind not known here");
  }
  return close;
}

Outcome outcome_of(const api::update::v1::Outcome& from) {
  if (from.has_failure()) return {.failure = from_wire(from.failure())};
  return {.value = first_of(from.success())};
}

}  // namespace

Result<Outcome> Client::result(const WorkflowHandle& handle, milliseconds patience) {
  const Calls calls(*this);
  const auto what = about("result of", handle.id);
  const Deadline deadline(patience);
  service::GetWorkflowExecutionHistoryRequest request;
  request.set_namespace_(calls.options().name_space);
  to_wire(handle, *request.mutable_execution());
  request.set_wait_new_event(true);
  request.set_history_event_filter_type(api::enums::v1::HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT);
  while (!deadline.passed()) {
    const auto response = calls.call<service::GetWorkflowExecutionHistoryResponse>(
        "get_workflow_execution_history", request, what, std::min(deadline.left(), kLongPoll));
    if (!response) {
      if (wait_on(response.error(), deadline)) continue;
      return response.error();
    }
    request.set_next_page_token(response->next_page_token());
    if (response->history().events_size() == 0) continue;
    auto close = close_of(response->history().events(response->history().events_size() - 1));
    if (close.next_run_id.empty()) return std::move(close.outcome);
    request.mutable_execution()->set_run_id(close.next_run_id);
    request.clear_next_page_token();
  }
  return Error{ErrorKind::kTimeout, what + ": still running"};
}

Result<Payload> Client::query(const WorkflowHandle& handle, std::string_view name,
                              const std::vector<Payload>& arguments) {
  const Calls calls(*this);
  const auto what = about("query", handle.id);
  service::QueryWorkflowRequest request;
  request.set_namespace_(calls.options().name_space);
  to_wire(handle, *request.mutable_execution());
  request.mutable_query()->set_query_type(std::string(name));
  if (!arguments.empty()) to_wire(arguments, *request.mutable_query()->mutable_query_args());
  const auto response = calls.call<service::QueryWorkflowResponse>("query_workflow", request, what);
  if (!response) return response.error();
  if (response->has_query_rejected()) return Error{ErrorKind::kInvalid, what + ": rejected"};
  return first_of(response->query_result());
}

Result<Outcome> Client::update(const WorkflowHandle& handle, std::string_view name,
                               const Payload& argument, milliseconds patience) {
  const Calls calls(*this);
  const auto what = about("update", handle.id);
  const Deadline deadline(patience);
  const auto completed = api::enums::v1::UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED;

  service::UpdateWorkflowExecutionRequest request;
  request.set_namespace_(calls.options().name_space);
  to_wire(handle, *request.mutable_workflow_execution());
  request.mutable_wait_policy()->set_lifecycle_stage(completed);
  auto& update = *request.mutable_request();
  update.mutable_meta()->set_update_id(request_id());
  update.mutable_meta()->set_identity(calls.options().identity);
  update.mutable_input()->set_name(std::string(name));
  to_wire(argument, *update.mutable_input()->mutable_args()->add_payloads());

  // The update id makes a repeated request the same update.
  service::PollWorkflowExecutionUpdateRequest poll;
  while (!poll.has_update_ref()) {
    const auto response = calls.call<service::UpdateWorkflowExecutionResponse>(
        "update_workflow_execution", request, what, std::min(deadline.left(), kLongPoll));
    if (!response) {
      if (wait_on(response.error(), deadline)) continue;
      return response.error();
    }
    if (response->has_outcome()) return outcome_of(response->outcome());
    if (deadline.passed()) return Error{ErrorKind::kTimeout, what + ": not done yet"};
    // Not accepted yet: the server asks to send it again.
    if (response->stage() < api::enums::v1::UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED) {
      continue;
    }
    *poll.mutable_update_ref() = response->update_ref();
  }
  poll.set_namespace_(calls.options().name_space);
  poll.set_identity(calls.options().identity);
  poll.mutable_wait_policy()->set_lifecycle_stage(completed);
  while (!deadline.passed()) {
    const auto response = calls.call<service::PollWorkflowExecutionUpdateResponse>(
        "poll_workflow_execution_update", poll, what, std::min(deadline.left(), kLongPoll));
    if (response && response->has_outcome()) return outcome_of(response->outcome());
    if (!response && !wait_on(response.error(), deadline)) return response.error();
  }
  return Error{ErrorKind::kTimeout, what + ": not done yet"};
}

}  // namespace gantry::temporal
