#include "host/temporal/worker/worker.hpp"

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/assert.hpp"
#include "host/base/json.hpp"
#include "host/temporal/worker/activity_pump.hpp"
#include "host/temporal/worker/workflow_pump.hpp"

namespace gantry::temporal {

class Worker::Impl {
 public:
  Impl(std::unique_ptr<bridge::Worker> core, const Connection& connection,
       const WorkerOptions& options, const WorkerParts& parts)
      : core_(std::move(core)), log_(connection.log()), task_queue_(options.core.task_queue) {
    if (options.core.workflows) {
      workflows_.emplace(*core_, *parts.workflows, parts.claim_check, log_);
    }
    if (options.core.local_activities || options.core.remote_activities) {
      activities_.emplace(*core_, *parts.activities, parts.claim_check, parts.tracer, log_,
                          task_queue_, options.activity_threads_max);
    }
  }

  ~Impl() {
    if (joined_) return;
    request_stop();
    if (!started_) start();  // Core ends only a worker that was polled to its end
    request_stop();
    static_cast<void>(wait());
  }

  void start() {
    GANTRY_ASSERT(!started_);
    started_ = true;
    log_({LogLevel::kInfo, "temporal.worker", "worker_started",
          dump_json({{"task_queue", task_queue_}})});
    if (workflows_) workflows_->start([this](Error error) { fail(std::move(error)); });
    if (activities_) activities_->start([this](Error error) { fail(std::move(error)); });
  }

  Result<void> wait() {
    GANTRY_ASSERT(started_ && !joined_);
    if (workflows_) workflows_->join();
    if (activities_) activities_->join();
    joined_ = true;
    const auto ended = core_->finalize();
    log_({LogLevel::kInfo, "temporal.worker", "worker_ended",
          dump_json({{"task_queue", task_queue_}})});
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    return ended;
  }

  void request_stop() noexcept {
    if (stopping_.exchange(true)) {
      if (activities_) activities_->cancel_all();
    } else {
      core_->initiate_shutdown();
    }
  }

 private:
  void fail(Error error) {
    log_({LogLevel::kError, "temporal.worker", "worker_refused",
          dump_json({{"task_queue", task_queue_}, {"reason", error.message()}})});
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::move(error);
    }
    if (!stopping_.exchange(true)) core_->initiate_shutdown();
  }

  std::unique_ptr<bridge::Worker> core_;
  const LogSink log_;
  const std::string task_queue_;
  bool started_ = false;
  bool joined_ = false;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::optional<Error> failure_;
  std::optional<WorkflowPump> workflows_;
  std::optional<ActivityPump> activities_;
};

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::~Worker() = default;

Result<std::unique_ptr<Worker>> Worker::make(Connection& connection, WorkerOptions options,
                                             WorkerParts parts) {
  auto& core = options.core;
  core.name_space = connection.options().name_space;
  core.workflows = core.workflows && parts.workflows != nullptr;
  const bool activities = parts.activities != nullptr && !parts.activities->names().empty();
  core.local_activities = core.local_activities && activities && core.workflows;
  core.remote_activities = core.remote_activities && activities;
  if (options.activity_threads_max == 0) {
    options.activity_threads_max = core.activity_slots + core.local_activity_slots;
  }
  auto made = bridge::Worker::make(connection.runtime(), connection.core(), core);
  if (!made) return made.error();
  auto valid = (*made)->validate();
  if (!valid) {
    return Error{valid.error().kind,
                 "worker on task queue '" + core.task_queue + "' in namespace '" + core.name_space +
                     "' cannot start",
                 valid.error().upstream};
  }
  return std::unique_ptr<Worker>(
      new Worker(std::make_unique<Impl>(std::move(*made), connection, options, parts)));
}

void Worker::start() { impl_->start(); }
Result<void> Worker::wait() { return impl_->wait(); }
void Worker::request_stop() noexcept { impl_->request_stop(); }

Result<void> Worker::run(const std::stop_token& stop) {
  start();
  const std::stop_callback on_stop(stop, [this] { request_stop(); });
  return wait();
}

}  // namespace gantry::temporal
