#include <google/rpc/status.pb.h>
#include <temporal/api/errordetails/v1/message.pb.h>

#include "host/observe/here.hpp"
#include "host/temporal/client/calls.hpp"
#include "host/temporal/converter/trace_header.hpp"

namespace gantry::temporal {
namespace {

namespace api = ::temporal::api;

api::enums::v1::WorkflowIdReusePolicy reuse_of(ClosedPolicy policy) {
  switch (policy) {
    case ClosedPolicy::kAllow:
      return api::enums::v1::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    case ClosedPolicy::kAllowAfterFailure:
      return api::enums::v1::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
    case ClosedPolicy::kReject:
      return api::enums::v1::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
  }
  return api::enums::v1::WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED;
}

api::enums::v1::WorkflowIdConflictPolicy conflict_of(RunningPolicy policy) {
  switch (policy) {
    case RunningPolicy::kFail:
      return api::enums::v1::WORKFLOW_ID_CONFLICT_POLICY_FAIL;
    case RunningPolicy::kUseExisting:
      return api::enums::v1::WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING;
    case RunningPolicy::kTerminate:
      return api::enums::v1::WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING;
  }
  return api::enums::v1::WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED;
}

void set_if_any(milliseconds value, auto&& field) {
  if (value > milliseconds(0)) to_wire(value, *field());
}

/// The fields that a start and a signal-with-start share.
template <class Request>
Request request_of(const ConnectionOptions& connection, std::string_view type,
                   const Payload& argument, const StartOptions& options) {
  Request request;
  request.set_namespace_(connection.name_space);
  request.set_identity(connection.identity);
  request.set_request_id(request_id());
  request.set_workflow_id(options.id);
  request.mutable_workflow_type()->set_name(std::string(type));
  request.mutable_task_queue()->set_name(options.task_queue);
  to_wire(argument, *request.mutable_input()->add_payloads());
  set_if_any(options.execution_timeout,
             [&] { return request.mutable_workflow_execution_timeout(); });
  set_if_any(options.run_timeout, [&] { return request.mutable_workflow_run_timeout(); });
  set_if_any(options.task_timeout, [&] { return request.mutable_workflow_task_timeout(); });
  set_if_any(options.delay, [&] { return request.mutable_workflow_start_delay(); });
  request.set_workflow_id_reuse_policy(reuse_of(options.closed));
  request.set_workflow_id_conflict_policy(conflict_of(options.running));
  if (options.retry) to_wire(*options.retry, *request.mutable_retry_policy());
  for (const auto& [name, value] : options.memo) {
    to_wire(value, (*request.mutable_memo()->mutable_fields())[name]);
  }
  for (const auto& [name, value] : options.search_attributes) {
    to_wire(value, (*request.mutable_search_attributes()->mutable_indexed_fields())[name]);
  }
  if (observe::here().tracer != nullptr) {
    to_wire(trace_payload(*observe::here().trace),
            (*request.mutable_header()->mutable_fields())[std::string(kTraceHeader)]);
  }
  return request;
}

/// The run that is in the way, from the details of ALREADY_EXISTS; empty where none is named.
std::string run_in_the_way(const bridge::Answer& answer) {
  google::rpc::Status status;
  if (!status.ParseFromString(answer.bytes)) return {};
  for (const auto& detail : status.details()) {
    api::errordetails::v1::WorkflowExecutionAlreadyStartedFailure failure;
    if (detail.UnpackTo(&failure)) return failure.run_id();
  }
  return {};
}

Result<WorkflowHandle> handle_of(const bridge::Answer& answer, const StartOptions& options) {
  if (answer.status == bridge::kAlreadyExists) {
    auto run_id = run_in_the_way(answer);
    if (options.running == RunningPolicy::kUseExisting) {
      return WorkflowHandle{options.id, std::move(run_id), false};
    }
    return Error{ErrorKind::kConflict,
                 about("start", options.id) + ": it is there already, run " + run_id,
                 answer.message};
  }
  service::StartWorkflowExecutionResponse response;
  if (answer.status != bridge::kOk) {
    return Error{bridge::kind_of(answer.status), about("start", options.id), answer.message};
  }
  if (!response.ParseFromString(answer.bytes)) {
    return Error{ErrorKind::kInternal, about("start", options.id) + ": unreadable answer"};
  }
  return WorkflowHandle{options.id, response.run_id(), response.started()};
}

}  // namespace

void Client::start_async(std::string_view type, const Payload& argument,
                         const StartOptions& options, Started done) {
  const Calls calls(*this);
  auto request =
      request_of<service::StartWorkflowExecutionRequest>(calls.options(), type, argument, options);
  request.set_request_eager_execution(options.eager);
  const auto deposited = calls.deposit(request);
  if (!deposited) return done(deposited.error());
  calls.core().call(bridge::Service::kWorkflow, "start_workflow_execution",
                    request.SerializeAsString(), calls.options().call_timeout, true,
                    [options, done = std::move(done)](int status, std::string_view bytes,
                                                      std::string_view message) {
                      done(handle_of({status, std::string(bytes), std::string(message)}, options));
                    });
}

Result<WorkflowHandle> Client::start(std::string_view type, const Payload& argument,
                                     const StartOptions& options) {
  const Calls calls(*this);
  auto request =
      request_of<service::StartWorkflowExecutionRequest>(calls.options(), type, argument, options);
  request.set_request_eager_execution(options.eager);
  const auto deposited = calls.deposit(request);
  if (!deposited) return deposited.error();
  return handle_of(calls.core().call(bridge::Service::kWorkflow, "start_workflow_execution",
                                     request.SerializeAsString(), calls.options().call_timeout),
                   options);
}

Result<WorkflowHandle> Client::signal_with_start(std::string_view type, const Payload& argument,
                                                 std::string_view signal,
                                                 const Payload& signal_argument,
                                                 const StartOptions& options) {
  const Calls calls(*this);
  auto request = request_of<service::SignalWithStartWorkflowExecutionRequest>(calls.options(), type,
                                                                              argument, options);
  // The running one is what it is about: the server refuses to fail on it.
  if (options.running == RunningPolicy::kFail) {
    request.set_workflow_id_conflict_policy(
        api::enums::v1::WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING);
  }
  request.set_signal_name(std::string(signal));
  to_wire(signal_argument, *request.mutable_signal_input()->add_payloads());
  const auto response = calls.call<service::SignalWithStartWorkflowExecutionResponse>(
      "signal_with_start_workflow_execution", request, about("signal with start", options.id));
  if (!response) return response.error();
  return WorkflowHandle{options.id, response->run_id(), response->started()};
}

Result<void> Client::signal(const WorkflowHandle& handle, std::string_view name,
                            const Payload& argument) {
  const Calls calls(*this);
  service::SignalWorkflowExecutionRequest request;
  request.set_namespace_(calls.options().name_space);
  request.set_identity(calls.options().identity);
  request.set_request_id(request_id());
  request.set_signal_name(std::string(name));
  to_wire(handle, *request.mutable_workflow_execution());
  to_wire(argument, *request.mutable_input()->add_payloads());
  const auto response = calls.call<service::SignalWorkflowExecutionResponse>(
      "signal_workflow_execution", request, about("signal", handle.id));
  if (!response) return response.error();
  return {};
}

}  // namespace gantry::temporal
