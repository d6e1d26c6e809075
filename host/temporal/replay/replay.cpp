#include "host/temporal/replay/replay.hpp"

#include <future>
#include <utility>

#include "host/temporal/bridge/core.hpp"
#include "host/temporal/workflow/host.hpp"

namespace gantry::temporal::replay {
namespace {

/// Turns what the host hears about the run into the report.
class Verdict final : public workflow::RunObserver {
 public:
  Verdict(const History& history, ReplayReport& report) : history_(history), report_(report) {}

  void evicted(const workflow::Info& info, workflow::Eviction reason,
               std::string_view message) override {
    ended_ = true;
    switch (reason) {
      case workflow::Eviction::kNondeterminism:
        report_.event_id = event_meant(history_, info.history_events, message);
        return say(
            info,
            "does not do what its history says from event " + std::to_string(report_.event_id),
            message);
      case workflow::Eviction::kFatal:
      case workflow::Eviction::kHistoryFetch:
        return say(info, "could not be replayed", message);
      case workflow::Eviction::kUnspecified:
      case workflow::Eviction::kCacheFull:
      case workflow::Eviction::kCacheMiss:
      case workflow::Eviction::kTaskFailed:
      case workflow::Eviction::kRequested:
      case workflow::Eviction::kTaskNotFound:
      case workflow::Eviction::kUnhandledCommand:
      case workflow::Eviction::kEnded:
        return;
    }
  }

  void task_failed(const workflow::Info& info, std::string_view message) override {
    say(info, "failed its task", message);
  }

  bool ended() const noexcept { return ended_; }

 private:
  void say(const workflow::Info& info, std::string_view what, std::string_view message) {
    if (!report_.problem.empty()) return;
    report_.problem = "workflow '" + info.workflow_id + "' (" + info.workflow_type + ") ";
    report_.problem += what;
    report_.problem += ": ";
    report_.problem += message;
  }

  const History& history_;
  ReplayReport& report_;
  bool ended_ = false;
};

bridge::Answer wait_for(const std::function<void(bridge::Done)>& call) {
  std::promise<bridge::Answer> promise;
  auto answer = promise.get_future();
  call([&promise](int status, std::string_view bytes, std::string_view message) {
    promise.set_value({status, std::string(bytes), std::string(message)});
  });
  return answer.get();
}

Error refused(std::string what, const bridge::Answer& answer) {
  return Error{bridge::kind_of(answer.status), std::move(what), answer.message};
}

/// Serves activations until the run has left the worker.
Result<void> serve(bridge::Worker& worker, workflow::Host& host, const Verdict& verdict) {
  while (!verdict.ended()) {
    const auto polled = wait_for([&](auto done) { worker.poll_workflow(std::move(done)); });
    if (polled.status == bridge::kShutdown) return {};
    if (polled.status != bridge::kOk) return refused("replay poll", polled);
    const std::string completion = host.activate(polled.bytes);
    const auto completed =
        wait_for([&](auto done) { worker.complete_workflow(completion, std::move(done)); });
    if (completed.status != bridge::kOk) return refused("replay completion", completed);
  }
  return {};
}

}  // namespace

Result<ReplayReport> replay_history(const History& history, const workflow::Registry& registry,
                                    LogSink log) {
  bridge::RuntimeOptions runtime_options;
  runtime_options.log_filter = "error";
  runtime_options.log = std::move(log);
  auto runtime = bridge::Runtime::make(std::move(runtime_options));
  if (!runtime) return runtime.error();
  bridge::WorkerOptions options;
  options.task_queue = history.task_queue;
  options.remote_activities = false;
  std::unique_ptr<bridge::Feeder> feeder;
  auto worker = bridge::Worker::make_replay(**runtime, options, feeder);
  if (!worker) return worker.error();

  ReplayReport report{.workflow_id = history.workflow_id,
                      .workflow_type = history.workflow_type,
                      .run_id = history.run_id,
                      .events = history.events};
  Verdict verdict(history, report);
  const auto host =
      workflow::make_host(registry, {.task_queue = history.task_queue, .observer = &verdict});
  std::promise<bridge::Answer> fed;
  auto taken = fed.get_future();
  feeder->feed(history.workflow_id, history.bytes,
               [&fed](int status, std::string_view bytes, std::string_view message) {
                 fed.set_value({status, std::string(bytes), std::string(message)});
               });
  const auto served = serve(**worker, *host, verdict);
  feeder.reset();
  const auto feed_answer = taken.get();
  // The series has ended: the next poll says so, and then the worker may end.
  (*worker)->initiate_shutdown();
  for (;;) {
    const auto polled = wait_for([&](auto done) { (*worker)->poll_workflow(std::move(done)); });
    if (polled.status != bridge::kOk) break;
    const std::string completion = host->activate(polled.bytes);
    wait_for([&](auto done) { (*worker)->complete_workflow(completion, std::move(done)); });
  }
  const auto finalized = (*worker)->finalize();
  if (!served) return served.error();
  if (feed_answer.status != bridge::kOk) return refused("Core refused the history", feed_answer);
  if (!finalized) return finalized.error();
  return report;
}

}  // namespace gantry::temporal::replay
