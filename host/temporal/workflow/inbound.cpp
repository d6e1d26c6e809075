#include <stdexcept>
#include <utility>

#include "host/temporal/workflow/messages.hpp"
#include "host/temporal/workflow/run.hpp"
#include "temporal/sdk/core/workflow_activation/workflow_activation.pb.h"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"

/// Core's jobs as calls into the run.
namespace gantry::temporal::workflow::detail {

namespace activation = coresdk::workflow_activation;
namespace completion = coresdk::workflow_completion;
namespace enums = ::temporal::api::enums::v1;
namespace children = coresdk::child_workflow;

namespace {

using Job = activation::WorkflowActivationJob;

template <class Repeated>
Payload take_first(Repeated& payloads) {
  return payloads.empty() ? Payload{} : take_payload(payloads[0]);
}

void describe(activation::InitializeWorkflow& start, Info& info) {
  info.workflow_id = start.workflow_id();
  info.workflow_type = start.workflow_type();
  info.first_run_id = start.first_execution_run_id();
  info.continued_from = start.continued_from_execution_run_id();
  if (start.has_parent_workflow_info()) {
    const auto& parent = start.parent_workflow_info();
    info.parent = Execution{.namespace_name = parent.namespace_(),
                            .workflow_id = parent.workflow_id(),
                            .run_id = parent.run_id()};
  }
  info.attempt = start.attempt();
  info.started_at = from_wire(start.start_time());
  take_fields(*start.mutable_memo()->mutable_fields(), info.memo);
  take_fields(*start.mutable_search_attributes()->mutable_indexed_fields(), info.search_attributes);
}

std::optional<Payload> trace_header_of(activation::InitializeWorkflow& start) {
  const auto found = start.mutable_headers()->find(std::string(kTraceHeader));
  if (found == start.mutable_headers()->end()) return std::nullopt;
  return take_payload(found->second);
}

void resolve_activity(Op& op, coresdk::activity_result::ActivityResolution& result) {
  using Status = coresdk::activity_result::ActivityResolution::StatusCase;
  switch (result.status_case()) {
    case Status::kCompleted:
      return op.resolve(take_payload(*result.mutable_completed()->mutable_result()));
    case Status::kFailed:
      return op.fail(from_wire(result.failed().failure()));
    case Status::kCancelled:
      return op.fail(from_wire(result.cancelled().failure()));
    case Status::kBackoff: {
      const auto& backoff = result.backoff();
      return op.back_off(backoff.attempt(), from_wire(backoff.backoff_duration()),
                         from_wire(backoff.original_schedule_time()));
    }
    case Status::STATUS_NOT_SET:
      break;
  }
  throw std::logic_error("Core resolved an activity without saying how");
}

void resolve_child(Op& op, children::ChildWorkflowResult& result) {
  using Status = children::ChildWorkflowResult::StatusCase;
  switch (result.status_case()) {
    case Status::kCompleted:
      return op.resolve(take_payload(*result.mutable_completed()->mutable_result()));
    case Status::kFailed:
      return op.fail(from_wire(result.failed().failure()));
    case Status::kCancelled:
      return op.fail(from_wire(result.cancelled().failure()));
    case Status::STATUS_NOT_SET:
      break;
  }
  throw std::logic_error("Core resolved a child workflow without saying how");
}

FailurePtr start_failure(const activation::ResolveChildWorkflowExecutionStartFailure& failed) {
  switch (failed.cause()) {
    case children::START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS:
      return std::make_shared<ChildAlreadyStarted>(failed.workflow_type(), failed.workflow_id());
    default:
      break;
  }
  auto failure = std::make_shared<ChildFailure>(
      "child workflow '" + failed.workflow_id() + "' could not start: " +
      children::StartChildWorkflowExecutionFailedCause_Name(failed.cause()));
  failure->workflow_id = failed.workflow_id();
  failure->workflow_type = failed.workflow_type();
  return failure;
}

template <class Resolution>
void resolve_external(Op& op, Resolution& resolution) {
  if (!resolution.has_failure()) return op.resolve({});
  op.fail(from_wire(resolution.failure()));
}

void put_task_failure(const std::string& type, const std::string& message,
                      completion::WorkflowActivationCompletion& out) {
  auto& failure = *out.mutable_failed()->mutable_failure();
  failure.set_message(message);
  failure.set_source("gantry");
  failure.mutable_application_failure_info()->set_type(type);
}

}  // namespace

Op* Run::listener(Seq kind, std::uint32_t seq) const {
  const auto found = listeners_.find(key(kind, seq));
  return found == listeners_.end() ? nullptr : found->second;
}

void Run::apply_child_start(Job& job) {
  using Status = activation::ResolveChildWorkflowExecutionStart::StatusCase;
  auto& start = *job.mutable_resolve_child_workflow_execution_start();
  Op* started = listener(Seq::kChildStart, start.seq());
  Op* result = listener(Seq::kChild, start.seq());
  FailurePtr failure;
  switch (start.status_case()) {
    case Status::kSucceeded:
      if (started != nullptr) started->resolve(to_payload(start.succeeded().run_id()));
      return;
    case Status::kFailed:
      failure = start_failure(start.failed());
      break;
    case Status::kCancelled:
      failure = from_wire(start.cancelled().failure());
      break;
    case Status::STATUS_NOT_SET:
      throw std::logic_error("Core resolved the start of a child without saying how");
  }
  if (started != nullptr) started->fail(failure);
  if (result != nullptr) result->fail(failure);
}

void Run::apply(Job& job) {
  switch (job.variant_case()) {
    case Job::kInitializeWorkflow: {
      auto& start = *job.mutable_initialize_workflow();
      describe(start, info);
      trace.begin(info, trace_header_of(start));
      random_state = start.randomness_seed();
      argument_ = take_first(*start.mutable_arguments());
      started_ = false;
      return;
    }
    case Job::kFireTimer:
      if (Op* op = listener(Seq::kTimer, job.fire_timer().seq())) op->fired();
      return;
    case Job::kUpdateRandomSeed:
      random_state = job.update_random_seed().randomness_seed();
      return;
    case Job::kCancelWorkflow:
      cancel_requested = true;
      scope_->cancel(job.cancel_workflow().reason());
      return;
    case Job::kSignalWorkflow: {
      auto& signal = *job.mutable_signal_workflow();
      return apply_signal(signal.signal_name(), take_first(*signal.mutable_input()));
    }
    case Job::kResolveActivity: {
      auto& resolution = *job.mutable_resolve_activity();
      if (Op* op = listener(Seq::kActivity, resolution.seq())) {
        resolve_activity(*op, *resolution.mutable_result());
      }
      return;
    }
    case Job::kNotifyHasPatch:
      notified_patches.insert(job.notify_has_patch().patch_id());
      return;
    case Job::kResolveChildWorkflowExecutionStart:
      return apply_child_start(job);
    case Job::kResolveChildWorkflowExecution: {
      auto& resolution = *job.mutable_resolve_child_workflow_execution();
      if (Op* op = listener(Seq::kChild, resolution.seq())) {
        resolve_child(*op, *resolution.mutable_result());
      }
      return;
    }
    case Job::kResolveSignalExternalWorkflow: {
      auto& resolution = *job.mutable_resolve_signal_external_workflow();
      if (Op* op = listener(Seq::kSignal, resolution.seq())) resolve_external(*op, resolution);
      return;
    }
    case Job::kResolveRequestCancelExternalWorkflow: {
      auto& resolution = *job.mutable_resolve_request_cancel_external_workflow();
      if (Op* op = listener(Seq::kCancel, resolution.seq())) resolve_external(*op, resolution);
      return;
    }
    case Job::kDoUpdate: {
      auto& update = *job.mutable_do_update();
      return apply_update({.protocol_id = update.protocol_instance_id(),
                           .name = update.name(),
                           .argument = take_first(*update.mutable_input()),
                           .validate = update.run_validator()});
    }
    case Job::kQueryWorkflow:
      return apply_query(job);
    case Job::kRemoveFromCache:
      return;  // The host's.
    case Job::kResolveNexusOperationStart:
    case Job::kResolveNexusOperation:
    case Job::VARIANT_NOT_SET:
      break;
  }
  throw std::logic_error("Core sent a job that this worker does not know (" +
                         std::to_string(job.variant_case()) + ")");
}

void Run::apply_query(Job& job) {
  const auto& query = job.query_workflow();
  auto& answer = *success_->add_commands()->mutable_respond_to_query();
  answer.set_query_id(query.query_id());
  try {
    to_wire(answer_query(query.query_type()), *answer.mutable_succeeded()->mutable_response());
  } catch (const Failure& failure) {
    to_wire(failure, *answer.mutable_failed());
  } catch (const std::exception& error) {
    to_wire(ApplicationFailure(type_name(error), error.what()), *answer.mutable_failed());
  }
}

/// Of a type that says nothing the worker's default counts.
void Run::tell_versioning(completion::Success& success) const {
  const Registry::Entry* entry = options_.versioned ? registry_.find(info.workflow_type) : nullptr;
  if (entry == nullptr) return;
  switch (entry->versioning) {
    case Versioning::kUnset:
      return;
    case Versioning::kPinned:
      return success.set_versioning_behavior(
          ::temporal::api::enums::v1::VERSIONING_BEHAVIOR_PINNED);
    case Versioning::kAutoUpgrade:
      return success.set_versioning_behavior(
          ::temporal::api::enums::v1::VERSIONING_BEHAVIOR_AUTO_UPGRADE);
  }
}

void Run::activate(activation::WorkflowActivation& in,
                   completion::WorkflowActivationCompletion& out) {
  const Current here(*this);
  const observe::Adopt adopt(trace.tracer(), trace.here());
  trace.settle(true);  // a task that was not taken ends in an eviction
  now = from_wire(in.timestamp());
  replaying = in.is_replaying();
  info.history_events = in.history_length();
  info.history_bytes = in.history_size_bytes();
  info.continue_as_new_suggested = in.continue_as_new_suggested();
  info.build_id = in.deployment_version_for_current_task().build_id();
  success_ = out.mutable_successful();
  std::string problem;
  try {
    // All jobs first, in Core's order, then the code that they woke. Queries come alone and only
    // read: for them nothing runs.
    bool work = false;
    for (auto& job : *in.mutable_jobs()) {
      work |= job.variant_case() != Job::kQueryWorkflow;
      apply(job);
    }
    if (work) {
      if (!std::exchange(started_, true)) start_body();
      scheduler_.run_until_all_yielded();
      refuse_waiting_updates();
    }
    tell_versioning(*success_);
    success_ = nullptr;
    return;
  } catch (const std::exception& error) {
    problem = error.what();
    put_task_failure(type_name(error), problem, out);
  } catch (...) {
    problem = "something that is no std::exception was thrown";
    put_task_failure("unknown", problem, out);
  }
  success_ = nullptr;
  scheduler_.stop();
  write_log(LogLevel::kError, "workflow_task_failed", {{"error", problem}});
  if (options_.observer != nullptr) options_.observer->task_failed(info, problem);
}

}  // namespace gantry::temporal::workflow::detail
