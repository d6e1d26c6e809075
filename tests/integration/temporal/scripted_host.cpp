#include "tests/integration/temporal/scripted_host.hpp"

#include <temporal/sdk/core/workflow_activation/workflow_activation.pb.h>
#include <temporal/sdk/core/workflow_completion/workflow_completion.pb.h>

#include <nlohmann/json.hpp>

#include "host/temporal/converter/convert.hpp"
#include "host/temporal/converter/wire.hpp"

namespace gantry::testing {
namespace {

namespace activation = coresdk::workflow_activation;
namespace commands = coresdk::workflow_commands;
using Success = coresdk::workflow_completion::Success;
using std::chrono::milliseconds;
using temporal::from_wire;
using temporal::json_payload;
using temporal::to_wire;

template <class Repeated>
Json first_json(const Repeated& payloads) {
  return payloads.empty() ? Json() : temporal::from_payload<Json>(from_wire(payloads[0]));
}

void set_time(const Json& step, const char* key, auto&& field) {
  if (step.contains(key)) to_wire(milliseconds(step[key].get<int>()), *field());
}

/// The fields that regular and local activities share.
template <class Command>
void describe(const Json& step, unsigned seq, Command& command) {
  command.set_seq(seq);
  command.set_activity_id(std::to_string(seq));
  command.set_activity_type(step["type"].get<std::string>());
  to_wire(json_payload(dump_json(step.value("argument", Json()))), *command.add_arguments());
  to_wire(milliseconds(step.value("start_to_close_ms", 30'000)),
          *command.mutable_start_to_close_timeout());
  set_time(step, "schedule_to_close_ms",
           [&] { return command.mutable_schedule_to_close_timeout(); });
  const auto retry = step.value("retry", Json::object());
  const auto non_retryable = retry.value("non_retryable", std::string());
  to_wire(RetryPolicy{.initial_interval = milliseconds(retry.value("initial_ms", 20)),
                      .attempts_max = retry.value("attempts_max", 0),
                      .non_retryable_type = non_retryable},
          *command.mutable_retry_policy());
}

}  // namespace

struct ScriptedHost::Run {
  const std::string& task_queue;
  std::string type = {};
  Json input = {};
  Json results = Json::array();
  std::size_t open = 0;
  int signals = 0;
  bool cancelled = false;
  bool ended = false;

  void begin(const activation::InitializeWorkflow& job, Success& out) {
    type = job.workflow_type();
    input = first_json(job.arguments());
    if (type == "Run") begin_activities(out);
    if (type == "Again") begin_again(out);
  }

  void begin_activities(Success& out) {
    const auto& steps = input["activities"];
    open = steps.size();
    results = Json(std::vector<Json>(steps.size()));
    for (unsigned seq = 0; seq < steps.size(); ++seq) {
      const auto& step = steps[seq];
      auto& command = *out.add_commands();
      if (step.value("local", false)) {
        describe(step, seq, *command.mutable_schedule_local_activity());
      } else {
        auto& schedule = *command.mutable_schedule_activity();
        describe(step, seq, schedule);
        schedule.set_task_queue(task_queue);
        schedule.set_cancellation_type(commands::WAIT_CANCELLATION_COMPLETED);
        set_time(step, "heartbeat_ms", [&] { return schedule.mutable_heartbeat_timeout(); });
      }
    }
  }

  void begin_again(Success& out) {
    if (input.get<int>() == 0) return complete(Json("done"), out);
    auto& again = *out.add_commands()->mutable_continue_as_new_workflow_execution();
    to_wire(json_payload(dump_json(Json(input.get<int>() - 1))), *again.add_arguments());
    ended = true;
  }

  void resolve(const activation::ResolveActivity& job, Success& out) {
    --open;
    if (job.result().has_completed()) {
      results[job.seq()] =
          temporal::from_payload<Json>(from_wire(job.result().completed().result()));
    } else if (!ended && cancelled && job.result().has_cancelled()) {
      out.add_commands()->mutable_cancel_workflow_execution();
      ended = true;
    } else if (!ended) {
      *out.add_commands()->mutable_fail_workflow_execution()->mutable_failure() =
          job.result().failed().failure();
      ended = true;
    }
    if (open == 0 && !ended) complete(results, out);
  }

  void complete(const Json& value, Success& out) {
    to_wire(json_payload(dump_json(value)),
            *out.add_commands()->mutable_complete_workflow_execution()->mutable_result());
    ended = true;
  }

  void cancel(Success& out) {
    cancelled = true;
    if (open == 0) {
      out.add_commands()->mutable_cancel_workflow_execution();
      ended = true;
    }
    for (unsigned seq = 0; seq < open; ++seq) {
      out.add_commands()->mutable_request_cancel_activity()->set_seq(seq);
    }
  }

  void query(const activation::QueryWorkflow& job, Success& out) const {
    auto& answer = *out.add_commands()->mutable_respond_to_query();
    answer.set_query_id(job.query_id());
    if (job.query_type() == "signals") {
      to_wire(json_payload(std::to_string(signals)),
              *answer.mutable_succeeded()->mutable_response());
    } else {
      to_wire(temporal::ApplicationFailure("Query", "no such query"), *answer.mutable_failed());
    }
  }

  static void update(const activation::DoUpdate& job, Success& out) {
    auto& first = *out.add_commands()->mutable_update_response();
    first.set_protocol_instance_id(job.protocol_instance_id());
    if (job.name() != "echo") {
      to_wire(temporal::ApplicationFailure("Update", "refused"), *first.mutable_rejected());
      return;
    }
    first.mutable_accepted();
    auto& second = *out.add_commands()->mutable_update_response();
    second.set_protocol_instance_id(job.protocol_instance_id());
    *second.mutable_completed() = job.input(0);
  }

  void serve(const activation::WorkflowActivationJob& job, Success& out) {
    if (job.has_initialize_workflow()) begin(job.initialize_workflow(), out);
    if (job.has_resolve_activity()) resolve(job.resolve_activity(), out);
    if (job.has_cancel_workflow()) cancel(out);
    if (job.has_query_workflow()) query(job.query_workflow(), out);
    if (job.has_do_update()) update(job.do_update(), out);
    if (job.has_signal_workflow()) {
      ++signals;
      if (job.signal_workflow().signal_name() == "finish") {
        complete(first_json(job.signal_workflow().input()), out);
      }
    }
  }
};

ScriptedHost::ScriptedHost(std::string task_queue) : task_queue_(std::move(task_queue)) {}
ScriptedHost::~ScriptedHost() = default;

std::string ScriptedHost::activate(std::string_view bytes) {
  activation::WorkflowActivation task;
  task.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  coresdk::workflow_completion::WorkflowActivationCompletion completion;
  completion.set_run_id(task.run_id());
  auto& out = *completion.mutable_successful();
  for (const auto& job : task.jobs()) {
    if (job.has_remove_from_cache()) {
      runs_.erase(task.run_id());
      continue;
    }
    auto& run = runs_[task.run_id()];
    if (!run) run = std::make_unique<Run>(task_queue_);
    run->serve(job, out);
  }
  return completion.SerializeAsString();
}

std::size_t ScriptedHost::runs() const { return runs_.size(); }

}  // namespace gantry::testing
