#include "tests/unit/temporal/workflow/activations.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

namespace gantry::temporal::workflow::testing {
namespace {

void cancelled_activity(::temporal::api::failure::v1::Failure& failure) {
  ActivityFailure outer("activity cancelled");
  outer.cause = std::make_shared<Cancelled>("activity cancelled");
  to_wire(outer, failure);
}

}  // namespace

Activation::Activation(std::string run_id) {
  message.set_run_id(std::move(run_id));
  message.mutable_timestamp()->set_seconds(kNowSeconds);
  message.set_history_length(3);
}

Activation& Activation::start(const std::string& type, const Payload& argument) {
  auto& start = *job().mutable_initialize_workflow();
  start.set_workflow_type(type);
  start.set_workflow_id("wf-1");
  if (argument.encoding() != kEncodingNull) to_wire(argument, *start.add_arguments());
  start.set_randomness_seed(1234567);
  start.set_attempt(1);
  start.set_first_execution_run_id("run-0");
  return *this;
}

Activation& Activation::replaying() {
  message.set_is_replaying(true);
  return *this;
}

Activation& Activation::at(std::int64_t seconds) {
  message.mutable_timestamp()->set_seconds(seconds);
  return *this;
}

Activation& Activation::fire_timer(std::uint32_t seq) {
  job().mutable_fire_timer()->set_seq(seq);
  return *this;
}

Activation& Activation::activity_done(std::uint32_t seq, const Payload& result) {
  auto& resolve = *job().mutable_resolve_activity();
  resolve.set_seq(seq);
  to_wire(result, *resolve.mutable_result()->mutable_completed()->mutable_result());
  return *this;
}

Activation& Activation::activity_failed(std::uint32_t seq, const Failure& cause) {
  auto& resolve = *job().mutable_resolve_activity();
  resolve.set_seq(seq);
  ActivityFailure failure("Activity task failed");
  failure.activity_type = "greet";
  failure.cause = cause.share();
  to_wire(failure, *resolve.mutable_result()->mutable_failed()->mutable_failure());
  return *this;
}

Activation& Activation::activity_cancelled(std::uint32_t seq) {
  auto& resolve = *job().mutable_resolve_activity();
  resolve.set_seq(seq);
  cancelled_activity(*resolve.mutable_result()->mutable_cancelled()->mutable_failure());
  return *this;
}

Activation& Activation::activity_backs_off(std::uint32_t seq, std::uint32_t attempt, int seconds) {
  auto& resolve = *job().mutable_resolve_activity();
  resolve.set_seq(seq);
  resolve.set_is_local(true);
  auto& backoff = *resolve.mutable_result()->mutable_backoff();
  backoff.set_attempt(attempt);
  backoff.mutable_backoff_duration()->set_seconds(seconds);
  backoff.mutable_original_schedule_time()->set_seconds(kNowSeconds);
  return *this;
}

Activation& Activation::child_started(std::uint32_t seq, const std::string& run_id) {
  auto& start = *job().mutable_resolve_child_workflow_execution_start();
  start.set_seq(seq);
  start.mutable_succeeded()->set_run_id(run_id);
  return *this;
}

Activation& Activation::child_exists(std::uint32_t seq, const std::string& type,
                                     const std::string& id) {
  auto& start = *job().mutable_resolve_child_workflow_execution_start();
  start.set_seq(seq);
  start.mutable_failed()->set_workflow_id(id);
  start.mutable_failed()->set_workflow_type(type);
  start.mutable_failed()->set_cause(
      coresdk::child_workflow::START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS);
  return *this;
}

Activation& Activation::child_done(std::uint32_t seq, const Payload& result) {
  auto& resolve = *job().mutable_resolve_child_workflow_execution();
  resolve.set_seq(seq);
  to_wire(result, *resolve.mutable_result()->mutable_completed()->mutable_result());
  return *this;
}

Activation& Activation::child_failed(std::uint32_t seq, const Failure& cause) {
  auto& resolve = *job().mutable_resolve_child_workflow_execution();
  resolve.set_seq(seq);
  ChildFailure failure("Child Workflow execution failed");
  failure.cause = cause.share();
  to_wire(failure, *resolve.mutable_result()->mutable_failed()->mutable_failure());
  return *this;
}

Activation& Activation::signal_sent(std::uint32_t seq) {
  job().mutable_resolve_signal_external_workflow()->set_seq(seq);
  return *this;
}

Activation& Activation::signal_not_sent(std::uint32_t seq) {
  auto& resolve = *job().mutable_resolve_signal_external_workflow();
  resolve.set_seq(seq);
  to_wire(ApplicationFailure("SignalExternalWorkflowExecutionFailed", "not found"),
          *resolve.mutable_failure());
  return *this;
}

Activation& Activation::cancel_sent(std::uint32_t seq) {
  job().mutable_resolve_request_cancel_external_workflow()->set_seq(seq);
  return *this;
}

Activation& Activation::signal(const std::string& name, const Payload& argument) {
  auto& signal = *job().mutable_signal_workflow();
  signal.set_signal_name(name);
  to_wire(argument, *signal.add_input());
  return *this;
}

Activation& Activation::update(const std::string& id, const std::string& name,
                               const Payload& argument, bool validate) {
  auto& update = *job().mutable_do_update();
  update.set_id(id);
  update.set_protocol_instance_id(id);
  update.set_name(name);
  to_wire(argument, *update.add_input());
  update.set_run_validator(validate);
  return *this;
}

Activation& Activation::query(const std::string& id, const std::string& name) {
  auto& query = *job().mutable_query_workflow();
  query.set_query_id(id);
  query.set_query_type(name);
  return *this;
}

Activation& Activation::cancel(const std::string& reason) {
  job().mutable_cancel_workflow()->set_reason(reason);
  return *this;
}

Activation& Activation::patch(const std::string& id) {
  job().mutable_notify_has_patch()->set_patch_id(id);
  return *this;
}

Activation& Activation::seed(std::uint64_t seed) {
  job().mutable_update_random_seed()->set_randomness_seed(seed);
  return *this;
}

Activation& Activation::header(const std::string& name, const Payload& value) {
  auto& start = *message.mutable_jobs(message.jobs_size() - 1)->mutable_initialize_workflow();
  to_wire(value, (*start.mutable_headers())[name]);
  return *this;
}

Activation& Activation::evict(Eviction reason) {
  using coresdk::workflow_activation::RemoveFromCache;
  auto& eviction = *job().mutable_remove_from_cache();
  eviction.set_reason(static_cast<RemoveFromCache::EvictionReason>(reason));
  eviction.set_message("evicted by the test");
  return *this;
}

const WorkflowCommand& Completion::only() const {
  static const WorkflowCommand none;
  EXPECT_EQ(size(), 1) << message.ShortDebugString();
  return size() == 1 ? (*this)[0] : none;
}

std::vector<std::string> Completion::kinds() const {
  std::vector<std::string> kinds;
  for (const auto& command : message.successful().commands()) {
    const auto* kind = WorkflowCommand::descriptor()->FindFieldByNumber(command.variant_case());
    kinds.push_back(kind == nullptr ? "none" : kind->name());
  }
  return kinds;
}

std::string Completion::bytes() const {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

void LogLines::write(const LogRecord& record) noexcept {
  std::string line(record.event);
  for (const auto& [key, value] : record.fields) {
    line += ' ';
    line += key;
    line += '=';
    line += value;
  }
  lines.push_back(std::move(line));
}

Completion Driver::run(const Activation& activation) {
  if (!host_) {
    host_ = make_host(
        registry, {.task_queue = "queue", .log = &log, .tracer = tracer, .versioned = versioned});
  }
  Completion completion;
  EXPECT_TRUE(
      completion.message.ParseFromString(host_->activate(activation.message.SerializeAsString())));
  EXPECT_EQ(completion.message.run_id(), activation.message.run_id());
  return completion;
}

}  // namespace gantry::temporal::workflow::testing
