#include <cstdio>

#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/host.hpp"

namespace {

using namespace gantry::temporal;

inline constexpr gantry::ActivityType<int, int> kEcho{
    .name = "echo", .policy = {.start_to_close = std::chrono::seconds(60)}};
inline constexpr gantry::WorkflowType<int, int> kOneActivity{.name = "one_activity"};

workflow::Task<int> one_activity(workflow::Context ctx, int n) {
  co_return co_await ctx.activity(kEcho, n);
}

}  // namespace

/// The worker benchmark's own side, until it is killed: worker_bench_ours ADDRESS QUEUE.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  ConnectionOptions to;
  to.address = argv[1];
  auto connection = Connection::open(to, [](const LogLine& line) {
    if (line.level < LogLevel::kWarn) return;
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.event.size()), line.event.data());
  });
  if (!connection) return 1;
  workflow::Registry workflows;
  workflows.add(kOneActivity, one_activity);
  activity::Registry activities;
  activities.add(kEcho, [](activity::Context&, int n) { return n; });
  const auto host = workflow::make_host(workflows, {.task_queue = argv[2]});
  WorkerOptions options;
  options.core.task_queue = argv[2];
  options.core.workflow_pollers = 5;
  options.core.activity_pollers = 5;
  options.core.workflow_slots = 100;
  options.core.activity_slots = 100;
  options.core.local_activity_slots = 100;
  options.core.cached_workflows_max = 1'000;
  auto worker =
      Worker::make(**connection, options, {.workflows = host.get(), .activities = &activities});
  if (!worker) return 1;
  return (*worker)->run({}) ? 0 : 1;
}
