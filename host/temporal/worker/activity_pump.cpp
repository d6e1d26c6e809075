#include "host/temporal/worker/activity_pump.hpp"

#include <temporal/sdk/core/activity_task/activity_task.pb.h>
#include <temporal/sdk/core/core_interface.pb.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "host/base/json.hpp"
#include "host/observe/trace.hpp"
#include "host/temporal/converter/trace_header.hpp"
#include "host/temporal/converter/wire.hpp"

namespace gantry::temporal {
namespace {

using activity::CancelReason;
using coresdk::activity_task::ActivityTask;
using std::chrono::milliseconds;

CancelReason reason_of(coresdk::activity_task::ActivityCancelReason reason) {
  switch (reason) {
    case coresdk::activity_task::NOT_FOUND:
      return CancelReason::kGone;
    case coresdk::activity_task::CANCELLED:
      return CancelReason::kRequested;
    case coresdk::activity_task::TIMED_OUT:
      return CancelReason::kTimedOut;
    case coresdk::activity_task::WORKER_SHUTDOWN:
      return CancelReason::kWorkerShutdown;
    case coresdk::activity_task::PAUSED:
      return CancelReason::kPaused;
    case coresdk::activity_task::RESET:
      return CancelReason::kReset;
    default:
      return CancelReason::kRequested;
  }
}

/// The earlier of the two limits that are set.
std::optional<Instant> deadline_of(const coresdk::activity_task::Start& start) {
  std::optional<Instant> deadline;
  const auto limit = [&](Instant from, const google::protobuf::Duration& time) {
    const auto length = from_wire(time);
    if (length <= milliseconds(0)) return;
    deadline = std::min(deadline.value_or(Instant::max()), from + length);
  };
  limit(from_wire(start.started_time()), start.start_to_close_timeout());
  limit(from_wire(start.scheduled_time()), start.schedule_to_close_timeout());
  return deadline;
}

activity::Info info_of(const coresdk::activity_task::Start& start, const std::string& task_queue) {
  activity::Info info;
  info.name_space = start.workflow_namespace();
  info.task_queue = task_queue;
  info.workflow_id = start.workflow_execution().workflow_id();
  info.run_id = start.workflow_execution().run_id();
  info.workflow_type = start.workflow_type();
  info.activity_id = start.activity_id();
  info.activity_type = start.activity_type();
  info.attempt = static_cast<int>(start.attempt());
  info.local = start.is_local();
  info.scheduled_at = from_wire(start.scheduled_time());
  info.attempt_scheduled_at = from_wire(start.current_attempt_scheduled_time());
  info.started_at = from_wire(start.started_time());
  info.deadline = deadline_of(start);
  info.heartbeat_timeout = from_wire(start.heartbeat_timeout());
  info.heartbeat_details = payloads_from_wire(start.heartbeat_details());
  return info;
}

/// Its id follows from the run, the activity and the try: a try that a killed worker had done
/// already, but not told, is the same span when it is done again.
observe::Span span_of(observe::Tracer& tracer, const coresdk::activity_task::Start& start,
                      const activity::Info& info) {
  const auto header =
      trace_in(start.header_fields(), [](const auto& from) { return from_wire(from); });
  observe::Span span = tracer.start("RunActivity:" + info.activity_type, observe::SpanKind::kServer,
                                    header ? *header : tracer.root(info.run_id),
                                    observe::derive_span_id(info.run_id + '/' + info.activity_id +
                                                            '/' + std::to_string(info.attempt)));
  // Named as the interceptors of other SDKs name them.
  span.set({"temporalWorkflowID", info.workflow_id});
  span.set({"temporalRunID", info.run_id});
  span.set({"temporalActivityID", info.activity_id});
  span.set({"attempt", info.attempt});
  if (info.local) span.set({"local", true});
  return span;
}

activity::Ending unavailable(const Error& error) {
  return {.failure = std::make_shared<ApplicationFailure>("PayloadUnavailable", error.message())};
}

}  // namespace

/// One task from its arrival to its ending. `context` appears once a thread has taken it up; what
/// is cancelled before waits in `cancelled`. Both are guarded by the pump's mutex.
struct ActivityPump::Running {
  ActivityTask task;
  bool redeem = false;
  CancelReason cancelled = CancelReason::kNone;
  std::optional<activity::Context> context;
};

void ActivityPump::start(std::function<void(Error)> failed) {
  failed_ = std::move(failed);
  under_way_.enter();
  poll();
}

void ActivityPump::join() { under_way_.wait_for_zero(); }

void ActivityPump::poll() {
  core_.poll_activity([this](int status, std::string_view bytes, std::string_view message) {
    if (status == bridge::kOk) {
      take(bytes);
      poll();
      return;
    }
    if (status != bridge::kShutdown) {
      failed_(Error{bridge::kind_of(status), "activity polls were refused", std::string(message)});
    }
    under_way_.leave();
  });
}

void ActivityPump::take(std::string_view bytes) {
  ActivityTask task;
  const bool parsed = task.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  GANTRY_ASSERT(parsed);
  if (task.has_cancel()) return cancel(task.task_token(), reason_of(task.cancel().reason()));
  if (!task.has_start()) return;
  under_way_.enter();
  auto running = std::make_shared<Running>();
  running->redeem = claim_check_ != nullptr && ClaimCheck::may_redeem(bytes);
  running->task = std::move(task);
  {
    const std::lock_guard lock(mutex_);
    running_.emplace(running->task.task_token(), running);
  }
  pool_.submit([this, running] { serve(*running); });
}

void ActivityPump::serve(Running& running) {
  const auto& token = running.task.task_token();
  auto ending = ending_of(running);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(token);
  }
  complete(token, std::move(ending));
}

activity::Ending ActivityPump::ending_of(Running& running) {
  auto& start = *running.task.mutable_start();
  if (running.redeem) {
    const auto redeemed = claim_check_->redeem(start);
    if (!redeemed) return unavailable(redeemed.error());
  }
  auto beat = [this, &running](const std::vector<Payload>& details) {
    heartbeat(running.task.task_token(), details);
  };
  {
    const std::lock_guard lock(mutex_);
    running.context.emplace(info_of(start, task_queue_), std::move(beat), log_);
    if (running.cancelled != CancelReason::kNone) running.context->cancel(running.cancelled);
  }
  const activity::Info& info = running.context->info();
  const observe::LogScope ids({{observe::kWorkflow, info.workflow_id},
                               {observe::kRun, info.run_id},
                               {observe::kActivity, info.activity_type},
                               {observe::kAttempt, std::to_string(info.attempt)}});
  observe::ScopedSpan span(tracer_ == nullptr ? observe::Span() : span_of(*tracer_, start, info));
  auto ending = activity::run(registry_, *running.context, payloads_from_wire(start.input()));
  if (ending.failure) span.fail(word_for(*ending.failure));
  return ending;
}

void ActivityPump::cancel(Running& running, CancelReason reason) {
  if (running.context) {
    running.context->cancel(reason);
  } else if (running.cancelled == CancelReason::kNone) {
    running.cancelled = reason;
  }
}

void ActivityPump::cancel(const std::string& token, CancelReason reason) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(token);
  if (found != running_.end()) cancel(*found->second, reason);
}

void ActivityPump::cancel_all() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& [token, running] : running_) cancel(*running, CancelReason::kWorkerShutdown);
}

void ActivityPump::complete(const std::string& token, activity::Ending ending) {
  coresdk::ActivityTaskCompletion completion;
  completion.set_task_token(token);
  auto& result = *completion.mutable_result();
  if (!ending.failure) {
    to_wire(ending.value, *result.mutable_completed()->mutable_result());
    if (claim_check_ != nullptr && claim_check_->may_deposit(ending.value.data.size())) {
      const auto deposited = claim_check_->deposit(completion);
      if (!deposited) ending = unavailable(deposited.error());
    }
  }
  if (ending.failure) {
    to_wire(*ending.failure, ending.cancelled ? *result.mutable_cancelled()->mutable_failure()
                                              : *result.mutable_failed()->mutable_failure());
  }
  core_.complete_activity(completion.SerializeAsString(), [this](int status, std::string_view,
                                                                 std::string_view message) {
    if (status != bridge::kOk) {
      log_({LogLevel::kError, "temporal.worker", "activity_completion_refused",
            dump_json({{"reason", message}})});
    }
    under_way_.leave();
  });
}

void ActivityPump::heartbeat(const std::string& token, const std::vector<Payload>& details) {
  coresdk::ActivityHeartbeat message;
  message.set_task_token(token);
  for (const auto& detail : details) to_wire(detail, *message.add_details());
  core_.record_heartbeat(message.SerializeAsString());
}

}  // namespace gantry::temporal
