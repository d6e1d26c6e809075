#include <algorithm>

#include "host/temporal/client/calls.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;

WorkflowStatus status_of(api::enums::v1::WorkflowExecutionStatus status) {
  using namespace api::enums::v1;
  switch (status) {
    case WORKFLOW_EXECUTION_STATUS_RUNNING:
      return WorkflowStatus::kRunning;
    case WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return WorkflowStatus::kCompleted;
    case WORKFLOW_EXECUTION_STATUS_FAILED:
      return WorkflowStatus::kFailed;
    case WORKFLOW_EXECUTION_STATUS_CANCELED:
      return WorkflowStatus::kCancelled;
    case WORKFLOW_EXECUTION_STATUS_TERMINATED:
      return WorkflowStatus::kTerminated;
    case WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
      return WorkflowStatus::kContinuedAsNew;
    case WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
      return WorkflowStatus::kTimedOut;
    case WORKFLOW_EXECUTION_STATUS_PAUSED:
      return WorkflowStatus::kPaused;
    default:
      return WorkflowStatus::kUnknown;
  }
}

template <class Fields>
AttributeMap attributes_of(const Fields& fields) {
  AttributeMap to;
  for (const auto& [name, value] : fields) to.emplace(name, from_wire(value));
  return to;
}

WorkflowDescription description_of(const api::workflow::v1::WorkflowExecutionInfo& info) {
  WorkflowDescription to;
  to.id = info.execution().workflow_id();
  to.run_id = info.execution().run_id();
  to.type = info.type().name();
  to.task_queue = info.task_queue();
  to.status = status_of(info.status());
  to.started_at = from_wire(info.start_time());
  if (info.has_close_time()) to.closed_at = from_wire(info.close_time());
  to.history_events = info.history_length();
  to.parent_id = info.parent_execution().workflow_id();
  to.memo = attributes_of(info.memo().fields());
  to.search_attributes = attributes_of(info.search_attributes().indexed_fields());
  return to;
}

}  // namespace

Result<WorkflowDescription> Client::describe(const WorkflowHandle& handle) {
  const Calls calls(*this);
  service::DescribeWorkflowExecutionRequest request;
  request.set_namespace_(calls.options().name_space);
  to_wire(handle, *request.mutable_execution());
  const auto response = calls.call<service::DescribeWorkflowExecutionResponse>(
      "describe_workflow_execution", request, about("describe", handle.id));
  if (!response) return response.error();
  auto to = description_of(response->workflow_execution_info());
  for (const auto& pending : response->pending_activities()) {
    PendingActivity& activity = to.pending_activities.emplace_back();
    activity.id = pending.activity_id();
    activity.type = pending.activity_type().name();
    activity.attempt = pending.attempt();
    activity.last_failure = pending.last_failure().message();
    if (pending.state() == api::enums::v1::PENDING_ACTIVITY_STATE_SCHEDULED &&
        pending.has_next_attempt_schedule_time()) {
      activity.next_attempt_at = from_wire(pending.next_attempt_schedule_time());
    }
  }
  return to;
}

Result<void> Client::cancel(const WorkflowHandle& handle) {
  const Calls calls(*this);
  service::RequestCancelWorkflowExecutionRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_request_id(request_id());
  to_wire(handle, *request.mutable_workflow_execution());
  const auto response = calls.call<service::RequestCancelWorkflowExecutionResponse>(
      "request_cancel_workflow_execution", request, about("cancel", handle.id));
  if (!response) return response.error();
  return {};
}

Result<void> Client::terminate(const WorkflowHandle& handle, std::string_view reason) {
  const Calls calls(*this);
  service::TerminateWorkflowExecutionRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_reason(std::string(reason));
  to_wire(handle, *request.mutable_workflow_execution());
  const auto response = calls.call<service::TerminateWorkflowExecutionResponse>(
      "terminate_workflow_execution", request, about("terminate", handle.id));
  if (!response) return response.error();
  return {};
}

Result<std::string> Client::fetch_history(const WorkflowHandle& handle) {
  const Calls calls(*this);
  service::GetWorkflowExecutionHistoryRequest request;
  request.set_namespace_(calls.options().name_space);
  to_wire(handle, *request.mutable_execution());
  api::history::v1::History history;
  do {
    const auto answer =
        calls.core().call(bridge::Service::kWorkflow, "get_workflow_execution_history",
                          request.SerializeAsString(), calls.options().call_timeout);
    if (answer.status != bridge::kOk) {
      return Error{bridge::kind_of(answer.status), about("history of", handle.id), answer.message};
    }
    service::GetWorkflowExecutionHistoryResponse response;
    if (!response.ParseFromString(answer.bytes)) {
      return Error{ErrorKind::kInternal, about("history of", handle.id) + ": unreadable answer"};
    }
    history.MergeFrom(response.history());
    request.set_next_page_token(response.next_page_token());
  } while (!request.next_page_token().empty());
  return history.SerializeAsString();
}

Result<std::vector<WorkflowDescription>> Client::list(std::string_view query, std::size_t limit) {
  const Calls calls(*this);
  service::ListWorkflowExecutionsRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_query(std::string(query));
  request.set_page_size(static_cast<int>(std::min<std::size_t>(limit, 1'000)));
  std::vector<WorkflowDescription> to;
  do {
    const auto response = calls.call<service::ListWorkflowExecutionsResponse>(
        "list_workflow_executions", request, about("list", query));
    if (!response) return response.error();
    for (const auto& info : response->executions()) {
      if (to.size() < limit) to.push_back(description_of(info));
    }
    request.set_next_page_token(response->next_page_token());
  } while (to.size() < limit && !request.next_page_token().empty());
  return to;
}

Result<std::int64_t> Client::count(std::string_view query) {
  const Calls calls(*this);
  service::CountWorkflowExecutionsRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_query(std::string(query));
  const auto response = calls.call<service::CountWorkflowExecutionsResponse>(
      "count_workflow_executions", request, about("count", query));
  if (!response) return response.error();
  return response->count();
}

}  // namespace gantry::temporal
