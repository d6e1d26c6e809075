#pragma once

#include <memory>
#include <stop_token>

#include "host/base/error.hpp"
#include "host/temporal/activity/registry.hpp"
#include "host/temporal/client/connection.hpp"
#include "host/temporal/converter/claim_check.hpp"

namespace gantry::observe {
class Tracer;
}

namespace gantry::temporal {

namespace workflow {
class Host;
}

struct WorkerOptions {
  /// Task queue, versioning, slots, pollers, cache. The connection's namespace is used.
  /// graceful_shutdown is the drain time: running activities are cancelled after it.
  bridge::WorkerOptions core = {};
  /// Threads for activities at most; zero: one per slot. They start when needed.
  unsigned activity_threads_max = 0;
};

/// What a worker works with. All outlive it.
struct WorkerParts {
  workflow::Host* workflows = nullptr;             ///< Null: no workflows.
  const activity::Registry* activities = nullptr;  ///< Null or empty: no activities.
  const ClaimCheck* claim_check = nullptr;         ///< Null: payloads travel as they are.
  observe::Tracer* tracer = nullptr;               ///< Null: activities make no spans.
};

/// Polls one task queue and serves what comes: workflow tasks on one thread of its own, activities
/// on a bounded pool.
///
/// Idle it sleeps in long polls. While the service is away it keeps trying; a host that was killed
/// leaves nothing behind that another one would not take over. [any-thread]
class Worker {
 public:
  /// Connects it to the task queue: kNotFound where the namespace is missing, kInvalid on options
  /// that cannot be. Nothing is polled yet. [blocking]
  static Result<std::unique_ptr<Worker>> make(Connection& connection, WorkerOptions options,
                                              WorkerParts parts);
  /// Stops at once where it still runs.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Serves until `stop` asks or the service refuses this worker for good, then drains. An error
  /// is the refusal. Once per worker. [blocking]
  Result<void> run(const std::stop_token& stop);

  /// The two halves of run(). [blocking]
  void start();
  Result<void> wait();

  /// First call: takes no new work and drains. Second call: cancels what runs, too.
  void request_stop() noexcept;

 private:
  class Impl;
  explicit Worker(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::temporal
