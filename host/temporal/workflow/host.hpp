#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "host/temporal/workflow/registry.hpp"

namespace gantry::observe {
class Tracer;
}

namespace gantry::temporal::workflow {

/// Runs workflow code: all runs that the worker has cached.
class Host {
 public:
  virtual ~Host() = default;
  /// One activation in, one completion out, both serialized coresdk messages. Never throws for
  /// what author code does. One call at a time; any thread. [workflow]
  virtual std::string activate(std::string_view activation) = 0;
};

/// One line of a workflow's log, or the library's about a workflow.
struct LogRecord {
  LogLevel level = LogLevel::kInfo;
  std::string_view event;
  const Info& info;
  const detail::LogFields& fields;
};

/// Where log lines go. Called from `activate`.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogRecord& record) noexcept = 0;
};

/// Why Core dropped a run; numbered as coresdk's RemoveFromCache.EvictionReason.
enum class Eviction {
  kUnspecified = 0,
  kCacheFull = 1,
  kCacheMiss = 2,
  kNondeterminism = 3,
  kTaskFailed = 4,
  kRequested = 5,
  kTaskNotFound = 6,
  kUnhandledCommand = 7,
  kFatal = 8,
  kHistoryFetch = 9,
  kEnded = 10,
};

/// Hears what becomes of runs; replay reports from it. Called from `activate`.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// `message` is Core's; for kNondeterminism it names the event.
  virtual void evicted(const Info& info, Eviction reason, std::string_view message) = 0;
  /// Author code failed the workflow task.
  virtual void task_failed(const Info& info, std::string_view message) = 0;
};

struct HostOptions {
  std::string namespace_name = "default";
  std::string task_queue;
  LogSink* log = nullptr;             ///< Outlives the host; null for silence.
  RunObserver* observer = nullptr;    ///< Outlives the host; null for nobody.
  observe::Tracer* tracer = nullptr;  ///< Outlives the host; null: no spans, headers pass through.
  /// The worker takes only work of its build: runs tell the server of their type's Versioning.
  bool versioned = false;
  /// Workflow code that holds its thread longer than this is warned about.
  std::chrono::milliseconds slow_activation{2'000};
};

/// `registry` outlives the host.
std::unique_ptr<Host> make_host(const Registry& registry, HostOptions options);

}  // namespace gantry::temporal::workflow
