#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/durable.hpp"
#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal::workflow {

using std::chrono::milliseconds;

/// What a cancelled call does.
enum class OnCancel {
  kTry,      ///< Asks for cancellation and reports it at once.
  kWait,     ///< Asks, and waits until the other side has ended.
  kAbandon,  ///< Does not ask; reports cancellation at once.
};

/// Deviations from what an ActivityType says. [workflow]
struct ActivityOptions {
  std::optional<ActivityPolicy> policy = {};  ///< Instead of the type's own policy.
  std::string task_queue = {};                ///< Empty: the workflow's.
  milliseconds schedule_to_start{0};
  OnCancel on_cancel = OnCancel::kTry;
};

/// Deviations for an activity that runs inside the workflow task.
struct LocalActivityOptions {
  std::optional<ActivityPolicy> policy = {};
  /// A retry that waits longer than this becomes a durable timer. Zero: one minute, Core's value.
  milliseconds local_retry_threshold{0};
  OnCancel on_cancel = OnCancel::kWait;
};

/// What happens to a child when its parent closes.
enum class ParentClose { kTerminate, kAbandon, kRequestCancel };

/// Whether an id may be used again after its workflow closed. A child whose id is running never
/// starts a second time: ChildAlreadyStarted.
enum class IdReuse { kAllow, kAllowAfterFailure, kReject };

/// Memo fields or search attributes by name.
using Fields = std::map<std::string, Payload, std::less<>>;

/// How a child workflow starts. Zero durations mean without limit.
struct ChildOptions {
  std::string id = {};          ///< Empty: a UUID from the run's seed.
  std::string task_queue = {};  ///< Empty: the parent's.
  ParentClose parent_close = ParentClose::kTerminate;
  IdReuse id_reuse = IdReuse::kAllow;
  milliseconds execution_timeout{0};
  milliseconds run_timeout{0};
  milliseconds task_timeout{0};
  std::optional<RetryPolicy> retry = {};
  Fields memo = {};
  Fields search_attributes = {};
  OnCancel on_cancel = OnCancel::kWait;
};

/// How the next run starts. What is not set is as in this run.
struct ContinueAsNewOptions {
  std::string task_queue = {};
  milliseconds run_timeout{0};
  milliseconds task_timeout{0};
  std::optional<RetryPolicy> retry = {};
  Fields memo = {};
  Fields search_attributes = {};
};

/// Another workflow, by id and (where known) run.
struct Execution {
  std::string namespace_name = {};
  std::string workflow_id = {};
  std::string run_id = {};
};

/// What a run knows about itself. The last four change with every workflow task.
struct Info {
  std::string namespace_name = {};
  std::string task_queue = {};
  std::string workflow_id = {};
  std::string workflow_type = {};
  std::string run_id = {};
  std::string first_run_id = {};
  std::string continued_from = {};  ///< Run id of the run before; empty for the first.
  std::optional<Execution> parent = {};
  int attempt = 1;
  Instant started_at{};
  Fields memo = {};
  Fields search_attributes = {};
  std::uint32_t history_events = 0;
  std::uint64_t history_bytes = 0;
  bool continue_as_new_suggested = false;
  std::string build_id = {};  ///< Of the worker that ran this task; empty without versioning.
};

/// A search attribute of type Keyword.
Payload keyword(std::string_view value);

/// Severity of a log line.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

}  // namespace gantry::temporal::workflow
