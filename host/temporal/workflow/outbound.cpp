#include <stdexcept>
#include <utility>

#include "host/temporal/workflow/messages.hpp"
#include "host/temporal/workflow/run.hpp"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"

/// The author's calls as commands to Core.
namespace gantry::temporal::workflow::detail {

namespace commands = coresdk::workflow_commands;
namespace children = coresdk::child_workflow;
namespace enums = ::temporal::api::enums::v1;

commands::WorkflowCommand* Run::command() {
  if (silent()) return nullptr;
  return success_->add_commands();
}

namespace {

commands::ActivityCancellationType cancellation_of(OnCancel on_cancel) {
  switch (on_cancel) {
    case OnCancel::kTry:
      return commands::TRY_CANCEL;
    case OnCancel::kWait:
      return commands::WAIT_CANCELLATION_COMPLETED;
    case OnCancel::kAbandon:
      return commands::ABANDON;
  }
  return commands::TRY_CANCEL;
}

children::ChildWorkflowCancellationType child_cancellation_of(OnCancel on_cancel) {
  switch (on_cancel) {
    case OnCancel::kTry:
      return children::TRY_CANCEL;
    case OnCancel::kWait:
      return children::WAIT_CANCELLATION_COMPLETED;
    case OnCancel::kAbandon:
      return children::ABANDON;
  }
  return children::TRY_CANCEL;
}

children::ParentClosePolicy close_policy_of(ParentClose policy) {
  switch (policy) {
    case ParentClose::kTerminate:
      return children::PARENT_CLOSE_POLICY_TERMINATE;
    case ParentClose::kAbandon:
      return children::PARENT_CLOSE_POLICY_ABANDON;
    case ParentClose::kRequestCancel:
      return children::PARENT_CLOSE_POLICY_REQUEST_CANCEL;
  }
  return children::PARENT_CLOSE_POLICY_TERMINATE;
}

enums::WorkflowIdReusePolicy reuse_policy_of(IdReuse policy) {
  switch (policy) {
    case IdReuse::kAllow:
      return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    case IdReuse::kAllowAfterFailure:
      return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
    case IdReuse::kReject:
      return enums::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
  }
  return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
}

void require_limits(std::string_view type, const ActivityPolicy& policy) {
  if (policy.start_to_close.count() > 0 || policy.schedule_to_close.count() > 0) return;
  throw std::logic_error("activity '" + std::string(type) +
                         "' has neither start_to_close nor schedule_to_close in its policy");
}

template <class Message>
void put_policy(const ActivityPolicy& policy, Message& message) {
  if (policy.start_to_close.count() > 0) {
    to_wire(policy.start_to_close, *message.mutable_start_to_close_timeout());
  }
  if (policy.schedule_to_close.count() > 0) {
    to_wire(policy.schedule_to_close, *message.mutable_schedule_to_close_timeout());
  }
  to_wire(policy.retry, *message.mutable_retry_policy());
}

struct TimerOp final : Op {
  using Op::Op;
  void cancelled() override {
    if (auto* command = run_.command()) command->mutable_cancel_timer()->set_seq(seq());
    fail(cancelled_because({}));
  }
};

struct ActivityOp final : Op {
  using Op::Op;
  // Core answers with the activity's resolution, at once or later as the cancellation type says.
  void cancelled() override {
    if (auto* command = run_.command()) command->mutable_request_cancel_activity()->set_seq(seq());
  }
};

struct ChildOp final : Op {
  using Op::Op;
  std::string reason;
  void cancelled() override {
    if (auto* command = run_.command()) {
      auto& cancel = *command->mutable_cancel_child_workflow_execution();
      cancel.set_child_workflow_seq(seq());
      cancel.set_reason(reason);
    }
  }
};

struct SignalOp final : Op {
  using Op::Op;
  void cancelled() override {
    if (auto* command = run_.command()) command->mutable_cancel_signal_workflow()->set_seq(seq());
  }
};

/// A local activity, and the durable timers between its far retries.
class LocalActivityOp final : public Op {
 public:
  LocalActivityOp(Run& run, std::string_view type, const ActivityPolicy& policy, Payload argument,
                  const LocalActivityOptions& options)
      : Op(run), type_(type), policy_(policy), argument_(std::move(argument)), options_(options) {}

  void schedule() {
    const std::uint32_t seq = run_.next_seq(Seq::kActivity);
    waiting_ = false;
    listen(Seq::kActivity, seq);
    auto* command = run_.command();
    if (command == nullptr) return;
    auto& message = *command->mutable_schedule_local_activity();
    message.set_seq(seq);
    message.set_activity_id(std::to_string(seq));
    message.set_activity_type(type_);
    message.set_attempt(attempt_);
    if (attempt_ > 1) to_wire(first_scheduled_, *message.mutable_original_schedule_time());
    put_argument(argument_, *message.mutable_arguments());
    put_trace(run_.trace.header(), *message.mutable_headers());
    put_policy(policy_, message);
    if (options_.local_retry_threshold.count() > 0) {
      to_wire(options_.local_retry_threshold, *message.mutable_local_retry_threshold());
    }
    message.set_cancellation_type(cancellation_of(options_.on_cancel));
  }

  void back_off(std::uint32_t attempt, milliseconds wait, Instant first_scheduled) override {
    attempt_ = attempt;
    first_scheduled_ = first_scheduled;
    waiting_ = true;
    const std::uint32_t seq = run_.next_seq(Seq::kTimer);
    listen(Seq::kTimer, seq);
    if (auto* command = run_.command()) {
      command->mutable_start_timer()->set_seq(seq);
      to_wire(wait, *command->mutable_start_timer()->mutable_start_to_fire_timeout());
    }
  }

  void fired() override { schedule(); }

  void cancelled() override {
    auto* command = run_.command();
    if (waiting_) {
      if (command != nullptr) command->mutable_cancel_timer()->set_seq(seq());
      fail(cancelled_because({}));
    } else if (command != nullptr) {
      command->mutable_request_cancel_local_activity()->set_seq(seq());
    }
  }

 private:
  std::string type_;
  ActivityPolicy policy_;
  Payload argument_;
  LocalActivityOptions options_;
  bool waiting_ = false;
  std::uint32_t attempt_ = 1;
  Instant first_scheduled_{};
};

void put_execution(const Run& run, const Execution& target,
                   coresdk::common::NamespacedWorkflowExecution& message) {
  message.set_namespace_(target.namespace_name.empty() ? run.info.namespace_name
                                                       : target.namespace_name);
  message.set_workflow_id(target.workflow_id);
  message.set_run_id(target.run_id);
}

/// A signal's command but for its target; null where nothing is to be sent.
commands::SignalExternalWorkflowExecution* start_signal(Run& run, SignalOp& op,
                                                        std::string_view signal,
                                                        const Payload& argument) {
  const std::uint32_t seq = run.next_seq(Seq::kSignal);
  op.listen(Seq::kSignal, seq);
  auto* command = run.command();
  if (command == nullptr) return nullptr;
  auto& message = *command->mutable_signal_external_workflow_execution();
  message.set_seq(seq);
  message.set_signal_name(std::string(signal));
  put_argument(argument, *message.mutable_args());
  return &message;
}

}  // namespace

OpPtr start_activity(Run& run, std::string_view type, const ActivityPolicy& policy,
                     Payload argument, const ActivityOptions& options) {
  run.mutating("start activity '" + std::string(type) + "'");
  const ActivityPolicy& limits = options.policy ? *options.policy : policy;
  require_limits(type, limits);
  auto op = std::make_shared<ActivityOp>(run);
  if (!op->enter_scope()) return op;
  const std::uint32_t seq = run.next_seq(Seq::kActivity);
  op->listen(Seq::kActivity, seq);
  auto* command = run.command();
  if (command == nullptr) return op;
  auto& message = *command->mutable_schedule_activity();
  message.set_seq(seq);
  message.set_activity_id(std::to_string(seq));
  message.set_activity_type(std::string(type));
  message.set_task_queue(options.task_queue.empty() ? run.info.task_queue : options.task_queue);
  put_argument(argument, *message.mutable_arguments());
  put_trace(run.trace.header(), *message.mutable_headers());
  put_policy(limits, message);
  if (limits.heartbeat.count() > 0) to_wire(limits.heartbeat, *message.mutable_heartbeat_timeout());
  if (options.schedule_to_start.count() > 0) {
    to_wire(options.schedule_to_start, *message.mutable_schedule_to_start_timeout());
  }
  message.set_cancellation_type(cancellation_of(options.on_cancel));
  return op;
}

OpPtr start_local_activity(Run& run, std::string_view type, const ActivityPolicy& policy,
                           Payload argument, const LocalActivityOptions& options) {
  run.mutating("start local activity '" + std::string(type) + "'");
  const ActivityPolicy& limits = options.policy ? *options.policy : policy;
  require_limits(type, limits);
  auto op = std::make_shared<LocalActivityOp>(run, type, limits, std::move(argument), options);
  if (op->enter_scope()) op->schedule();
  return op;
}

OpPtr start_timer(Run& run, milliseconds duration) {
  run.mutating("start a timer");
  auto op = std::make_shared<TimerOp>(run);
  if (!op->enter_scope()) return op;
  if (duration.count() <= 0) {
    op->resolve({});
    return op;
  }
  const std::uint32_t seq = run.next_seq(Seq::kTimer);
  op->listen(Seq::kTimer, seq);
  if (auto* command = run.command()) {
    auto& message = *command->mutable_start_timer();
    message.set_seq(seq);
    to_wire(duration, *message.mutable_start_to_fire_timeout());
  }
  return op;
}

ChildOps start_child(Run& run, std::string_view type, Payload argument,
                     const ChildOptions& options) {
  run.mutating("start child workflow '" + std::string(type) + "'");
  auto started = std::make_shared<Op>(run);
  auto result = std::make_shared<ChildOp>(run);
  started->share_value();
  ChildOps ops{options.id.empty() ? uuid(run) : options.id, started, result};
  if (!result->enter_scope()) {
    started->fail(cancelled_because({}));
    return ops;
  }
  const std::uint32_t seq = run.next_seq(Seq::kChild);
  started->listen(Seq::kChildStart, seq);
  result->listen(Seq::kChild, seq);
  auto* command = run.command();
  if (command == nullptr) return ops;
  auto& message = *command->mutable_start_child_workflow_execution();
  message.set_seq(seq);
  message.set_namespace_(run.info.namespace_name);
  message.set_workflow_id(ops.id);
  message.set_workflow_type(std::string(type));
  message.set_task_queue(options.task_queue.empty() ? run.info.task_queue : options.task_queue);
  put_argument(argument, *message.mutable_input());
  put_trace(run.trace.header(), *message.mutable_headers());
  const auto limit = [](milliseconds duration, auto mutable_field) {
    if (duration.count() > 0) to_wire(duration, *mutable_field());
  };
  limit(options.execution_timeout, [&] { return message.mutable_workflow_execution_timeout(); });
  limit(options.run_timeout, [&] { return message.mutable_workflow_run_timeout(); });
  limit(options.task_timeout, [&] { return message.mutable_workflow_task_timeout(); });
  message.set_parent_close_policy(close_policy_of(options.parent_close));
  message.set_workflow_id_reuse_policy(reuse_policy_of(options.id_reuse));
  if (options.retry) to_wire(*options.retry, *message.mutable_retry_policy());
  to_wire(options.memo, *message.mutable_memo());
  if (!options.search_attributes.empty()) {
    to_wire(options.search_attributes,
            *message.mutable_search_attributes()->mutable_indexed_fields());
  }
  message.set_cancellation_type(child_cancellation_of(options.on_cancel));
  return ops;
}

void cancel_child(Run& run, Op& result, std::string_view reason) {
  static_cast<ChildOp&>(result).reason = reason;
  run.require_current("cancel a child");
  op_cancel(result);
}

OpPtr signal_child(Run& run, std::string_view child_id, std::string_view signal, Payload argument) {
  run.mutating("signal child '" + std::string(child_id) + "'");
  auto op = std::make_shared<SignalOp>(run);
  if (!op->enter_scope()) return op;
  if (auto* message = start_signal(run, *op, signal, argument)) {
    message->set_child_workflow_id(std::string(child_id));
  }
  return op;
}

OpPtr signal_external(Run& run, const Execution& target, std::string_view signal,
                      Payload argument) {
  run.mutating("signal workflow '" + target.workflow_id + "'");
  auto op = std::make_shared<SignalOp>(run);
  if (!op->enter_scope()) return op;
  if (auto* message = start_signal(run, *op, signal, argument)) {
    put_execution(run, target, *message->mutable_workflow_execution());
  }
  return op;
}

OpPtr cancel_external(Run& run, const Execution& target, std::string_view reason) {
  run.mutating("cancel workflow '" + target.workflow_id + "'");
  auto op = std::make_shared<Op>(run);
  const std::uint32_t seq = run.next_seq(Seq::kCancel);
  op->listen(Seq::kCancel, seq);
  if (auto* command = run.command()) {
    auto& message = *command->mutable_request_cancel_external_workflow_execution();
    message.set_seq(seq);
    put_execution(run, target, *message.mutable_workflow_execution());
    message.set_reason(std::string(reason));
  }
  return op;
}

}  // namespace gantry::temporal::workflow::detail
