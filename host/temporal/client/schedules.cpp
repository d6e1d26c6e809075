#include "host/temporal/client/calls.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;

api::enums::v1::ScheduleOverlapPolicy overlap_of(OverlapPolicy policy) {
  switch (policy) {
    case OverlapPolicy::kSkip:
      return api::enums::v1::SCHEDULE_OVERLAP_POLICY_SKIP;
    case OverlapPolicy::kBufferOne:
      return api::enums::v1::SCHEDULE_OVERLAP_POLICY_BUFFER_ONE;
  }
  return api::enums::v1::SCHEDULE_OVERLAP_POLICY_UNSPECIFIED;
}

void set_if_any(milliseconds value, auto&& field) {
  if (value > milliseconds(0)) to_wire(value, *field());
}

void set_action(std::string_view type, const Payload& argument, const StartOptions& start,
                api::workflow::v1::NewWorkflowExecutionInfo& to) {
  to.set_workflow_id(start.id);
  to.mutable_workflow_type()->set_name(std::string(type));
  to.mutable_task_queue()->set_name(start.task_queue);
  to_wire(argument, *to.mutable_input()->add_payloads());
  set_if_any(start.execution_timeout, [&] { return to.mutable_workflow_execution_timeout(); });
  set_if_any(start.run_timeout, [&] { return to.mutable_workflow_run_timeout(); });
  set_if_any(start.task_timeout, [&] { return to.mutable_workflow_task_timeout(); });
  if (start.retry) to_wire(*start.retry, *to.mutable_retry_policy());
  for (const auto& [name, value] : start.memo) {
    to_wire(value, (*to.mutable_memo()->mutable_fields())[name]);
  }
  for (const auto& [name, value] : start.search_attributes) {
    to_wire(value, (*to.mutable_search_attributes()->mutable_indexed_fields())[name]);
  }
}

void set_schedule(std::string_view type, const Payload& argument, const ScheduleOptions& options,
                  api::schedule::v1::Schedule& to) {
  for (const auto& line : options.cron) to.mutable_spec()->add_cron_string(line);
  to.mutable_spec()->set_timezone_name(options.time_zone);
  set_action(type, argument, options.start, *to.mutable_action()->mutable_start_workflow());
  to.mutable_policies()->set_overlap_policy(overlap_of(options.overlap));
  to_wire(options.catch_up, *to.mutable_policies()->mutable_catchup_window());
}

WorkflowHandle handle_of(const api::common::v1::WorkflowExecution& from) {
  return {from.workflow_id(), from.run_id()};
}

Result<service::DescribeScheduleResponse> look_at(const auto& calls, std::string_view id) {
  service::DescribeScheduleRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_schedule_id(std::string(id));
  return calls.template call<service::DescribeScheduleResponse>("describe_schedule", request,
                                                                about("describe schedule", id));
}

}  // namespace

Result<void> Client::create_schedule(std::string_view type, const Payload& argument,
                                     const ScheduleOptions& options) {
  const Calls calls(*this);
  service::CreateScheduleRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_request_id(request_id());
  request.set_schedule_id(options.id);
  set_schedule(type, argument, options, *request.mutable_schedule());
  const auto response = calls.call<service::CreateScheduleResponse>(
      "create_schedule", request, about("create schedule", options.id));
  if (!response) return response.error();
  return {};
}

Result<void> Client::update_schedule(std::string_view type, const Payload& argument,
                                     const ScheduleOptions& options) {
  const Calls calls(*this);
  const auto before = look_at(calls, options.id);
  if (!before) return before.error();
  service::UpdateScheduleRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_request_id(request_id());
  request.set_schedule_id(options.id);
  request.set_conflict_token(before->conflict_token());
  set_schedule(type, argument, options, *request.mutable_schedule());
  *request.mutable_schedule()->mutable_state() = before->schedule().state();
  const auto response = calls.call<service::UpdateScheduleResponse>(
      "update_schedule", request, about("update schedule", options.id));
  if (!response) return response.error();
  return {};
}

Result<ScheduleDescription> Client::describe_schedule(std::string_view id) {
  const auto found = look_at(Calls(*this), id);
  if (!found) return found.error();
  const auto& action = found->schedule().action().start_workflow();
  ScheduleDescription to;
  to.workflow_type = action.workflow_type().name();
  to.workflow_id = action.workflow_id();
  to.task_queue = action.task_queue().name();
  if (action.input().payloads_size() > 0) to.argument = from_wire(action.input().payloads(0));
  for (const auto& [name, value] : action.memo().fields()) to.memo.emplace(name, from_wire(value));
  to.paused = found->schedule().state().paused();
  to.note = found->schedule().state().notes();
  for (const auto& at : found->info().future_action_times()) to.next.push_back(from_wire(at));
  for (const auto& run : found->info().running_workflows()) to.open.push_back(handle_of(run));
  for (const auto& start : found->info().recent_actions()) {
    to.recent.push_back({from_wire(start.actual_time()), handle_of(start.start_workflow_result())});
  }
  return to;
}

Result<void> Client::delete_schedule(std::string_view id) {
  const Calls calls(*this);
  service::DeleteScheduleRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_schedule_id(std::string(id));
  const auto response = calls.call<service::DeleteScheduleResponse>("delete_schedule", request,
                                                                    about("delete schedule", id));
  if (!response) return response.error();
  return {};
}

Result<void> Client::trigger_schedule(std::string_view id) {
  const Calls calls(*this);
  service::PatchScheduleRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_request_id(request_id());
  request.set_schedule_id(std::string(id));
  request.mutable_patch()->mutable_trigger_immediately();
  const auto response = calls.call<service::PatchScheduleResponse>("patch_schedule", request,
                                                                   about("trigger schedule", id));
  if (!response) return response.error();
  return {};
}

}  // namespace gantry::temporal
