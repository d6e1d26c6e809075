#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/temporal/client/execution.hpp"

namespace gantry::temporal {

/// What happens where a start is due while the last one still runs.
enum class OverlapPolicy {
  kSkip,       ///< Nothing.
  kBufferOne,  ///< One start waits for its end; more are skipped.
};

/// When a schedule of the server starts a workflow, and how.
struct ScheduleOptions {
  std::string id = {};
  /// Temporal's cron: 5 fields (minute to day of week), 6 (with a year) or 7 (with seconds and a
  /// year), "@daily" and the like, "@every 1h". It starts at all times that any of them names.
  std::vector<std::string> cron = {};
  std::string time_zone = {};  ///< A name that the server knows; empty: UTC.
  OverlapPolicy overlap = OverlapPolicy::kSkip;
  /// How late a start may still come that fell into an outage of the server; 10 s at least.
  std::chrono::milliseconds catch_up{std::chrono::hours{1}};
  /// Of its workflows: id, to which the server appends the time of the start, task queue,
  /// time-outs, retry, memo and search attributes; the rest does not apply.
  StartOptions start = {};
};

/// A start that a schedule made.
struct ScheduledStart {
  Instant at{};  ///< When it was made.
  WorkflowHandle run;
};

struct ScheduleDescription {
  std::string workflow_type;
  std::string workflow_id;
  std::string task_queue;
  Payload argument;
  AttributeMap memo;  ///< Of its workflows.
  bool paused = false;
  std::string note;           ///< Of whoever paused or changed it.
  std::vector<Instant> next;  ///< The nearest times, soonest first; the server's choice how many.
  std::vector<WorkflowHandle> open;    ///< Its runs that have not ended, as far as it knows.
  std::vector<ScheduledStart> recent;  ///< The last ten, oldest first.
};

}  // namespace gantry::temporal
