#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/durable.hpp"
#include "host/temporal/converter/failure.hpp"
#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal {

/// Memo fields or search attributes by name.
using AttributeMap = std::map<std::string, Payload, std::less<>>;

/// A search attribute of type Keyword.
Payload keyword_attribute(std::string_view value);

/// One workflow execution. An empty run_id means the latest run of the id.
struct WorkflowHandle {
  std::string id;
  std::string run_id = {};
  bool started = true;  ///< False where it was there already.
};

/// Whether an id may start again after its workflow closed.
enum class ClosedPolicy { kAllow, kAllowAfterFailure, kReject };
/// What a start does where the id is running.
enum class RunningPolicy {
  kFail,         ///< kConflict.
  kUseExisting,  ///< Answers with it, started = false; also for a closed one that kReject refuses.
  kTerminate,    ///< Terminates it and starts.
};

/// How a workflow starts. Zero durations mean without limit.
struct StartOptions {
  std::string id = {};
  std::string task_queue = {};
  ClosedPolicy closed = ClosedPolicy::kAllow;
  RunningPolicy running = RunningPolicy::kFail;
  std::chrono::milliseconds execution_timeout{0};
  std::chrono::milliseconds run_timeout{0};
  std::chrono::milliseconds task_timeout{0};
  std::chrono::milliseconds delay{0};
  std::optional<RetryPolicy> retry = {};
  AttributeMap memo = {};
  AttributeMap search_attributes = {};
  /// Hands the first task straight to a worker of this process and connection, if it has a free
  /// slot: one round trip and one matching less on the server.
  bool eager = true;
};

enum class WorkflowStatus {
  kUnknown,
  kRunning,
  kCompleted,
  kFailed,
  kCancelled,
  kTerminated,
  kContinuedAsNew,
  kTimedOut,
  kPaused,
};

/// The status as one lower-case word.
std::string_view to_string(WorkflowStatus status) noexcept;

/// An activity that has not ended yet.
struct PendingActivity {
  std::string id;
  std::string type;
  int attempt = 0;
  std::string last_failure;
  std::optional<Instant> next_attempt_at;  ///< Empty while one is under way.
};

struct WorkflowDescription {
  std::string id;
  std::string run_id;
  std::string type;
  std::string task_queue;
  WorkflowStatus status = WorkflowStatus::kUnknown;
  Instant started_at{};
  std::optional<Instant> closed_at;
  std::int64_t history_events = 0;
  std::string parent_id;
  AttributeMap memo;
  AttributeMap search_attributes;
  std::vector<PendingActivity> pending_activities;  ///< Of describe only; a list leaves it empty.
};

/// How a workflow or an update ended: `failure` is null where it ended well.
struct Outcome {
  Payload value = {};
  std::shared_ptr<const Failure> failure = {};
};

/// The same with the type's own result.
template <class R>
struct OutcomeOf {
  std::optional<R> value = {};
  std::shared_ptr<const Failure> failure = {};
};

/// What the server holds for the workers of a task queue.
struct Backlog {
  std::int64_t tasks = 0;            ///< About so many.
  std::chrono::milliseconds age{0};  ///< Of the oldest.
};
enum class TaskKind { kWorkflow, kActivity };

struct ServerInfo {
  std::string version;
  bool eager_start = false;
};

}  // namespace gantry::temporal
