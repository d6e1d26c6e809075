#include "host/app/queue_watch.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace gantry::app {
namespace {

using temporal::TaskKind;

/// Until it answered for the first time: the worker has just begun.
constexpr std::chrono::milliseconds kFirstPause{1'000};

const char* name_of(TaskKind kind) { return kind == TaskKind::kWorkflow ? "workflow" : "activity"; }

}  // namespace

QueueWatch::QueueWatch(observe::Metrics& metrics, Ask ask, std::chrono::milliseconds interval)
    : tasks_(metrics.gauge("gantry_task_queue_backlog",
                           "Tasks that the Temporal server holds for a worker, by type.")),
      age_(metrics.gauge("gantry_task_queue_backlog_age_seconds", "Age of the oldest of them.")),
      ask_(std::move(ask)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

QueueWatch::~QueueWatch() { stop(); }

void QueueWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void QueueWatch::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    const bool answered = look(TaskKind::kWorkflow) && look(TaskKind::kActivity);
    wake.wait_for(lock, stop, answered ? interval_ : std::min(interval_, kFirstPause),
                  [] { return false; });
  }
}

bool QueueWatch::look(TaskKind kind) {
  const auto backlog = ask_(kind);
  if (!backlog) return false;
  const observe::Labels labels{{"task_type", name_of(kind)}};
  tasks_.with(labels).set(static_cast<double>(backlog->tasks));
  age_.with(labels).set(std::chrono::duration<double>(backlog->age).count());
  return true;
}

}  // namespace gantry::app
