#include <cstdio>

#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/host.hpp"
#include "tests/integration/workflow/shapes.hpp"

/// A worker that lives until it is killed: worker_process ADDRESS QUEUE.
int main(int argc, char** argv) {
  using namespace gantry::temporal;
  if (argc != 3) return 2;
  ConnectionOptions options;
  options.address = argv[1];
  auto connection = Connection::open(options, [](const LogLine&) {});
  if (!connection) return 1;
  workflow::Registry workflows;
  activity::Registry activities;
  workflow::testing::add_shapes(workflows);
  workflow::testing::add_activities(activities);
  const auto host = workflow::make_host(workflows, {.task_queue = argv[2]});
  WorkerOptions worker_options;
  worker_options.core.task_queue = argv[2];
  worker_options.core.sticky_timeout = std::chrono::milliseconds(500);
  auto worker = Worker::make(**connection, worker_options,
                             {.workflows = host.get(), .activities = &activities});
  if (!worker) return 1;
  return (*worker)->run({}) ? 0 : 1;
}
