#include "host/temporal/activity/context.hpp"

#include <nlohmann/json.hpp>

namespace gantry::temporal::activity {

std::string_view to_string(CancelReason reason) noexcept {
  switch (reason) {
    case CancelReason::kNone:
      return "none";
    case CancelReason::kRequested:
      return "requested";
    case CancelReason::kGone:
      return "gone";
    case CancelReason::kTimedOut:
      return "timed_out";
    case CancelReason::kWorkerShutdown:
      return "worker_shutdown";
    case CancelReason::kPaused:
      return "paused";
    case CancelReason::kReset:
      return "reset";
  }
  return "none";
}

void Context::heartbeat_payloads(const std::vector<Payload>& details) {
  if (!info_.local && heartbeat_) heartbeat_(details);
}

void Context::throw_if_cancelled() const {
  if (cancelled()) throw Cancelled(std::string(to_string(cancel_reason())));
}

bool Context::cancelled_within(milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop_.get_token(), time, [] { return false; });
  return cancelled();
}

void Context::log(LogLevel level, std::string_view event, std::string_view fields) const {
  if (!log_) return;
  auto all = Json::parse(fields);
  all["activity"] = info_.activity_type;
  all["workflow"] = info_.workflow_id;
  all["attempt"] = info_.attempt;
  log_({level, "temporal.activity", event, dump_json(all)});
}

void Context::cancel(CancelReason reason) noexcept {
  auto none = CancelReason::kNone;
  reason_.compare_exchange_strong(none, reason);
  stop_.request_stop();
}

}  // namespace gantry::temporal::activity
