#pragma once

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "host/temporal/client/client.hpp"
#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/host.hpp"
#include "tests/integration/workflow/shapes.hpp"
#include "tests/support/temporal_server.hpp"

namespace gantry::temporal::workflow::testing {

inline constexpr std::chrono::milliseconds kPatience{30'000};

/// The host's lines as "<workflow id> <type> <event> key=value".
class Lines final : public LogSink {
 public:
  void write(const LogRecord& record) noexcept override {
    std::string line = record.info.workflow_id + " " + record.info.workflow_type + " ";
    line += record.event;
    for (const auto& [key, value] : record.fields) {
      line += ' ';
      line += key;
      line += '=' + value;
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::string containing(std::string_view word) const {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines_) {
      if (line.find(word) != std::string::npos) return line;
    }
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A worker with the real workflow host, on a queue of its own.
class Rig {
 public:
  explicit Rig(std::string task_queue = gantry::testing::TemporalServer::unique("workflow"))
      : queue(std::move(task_queue)),
        connection(gantry::testing::TemporalServer::shared().connect()),
        client(*connection) {
    options.core.task_queue = queue;
    add_shapes(workflows);
    add_activities(activities);
  }
  ~Rig() { stop(); }

  void start() {
    host = make_host(workflows, {.task_queue = queue, .log = &log});
    worker =
        Worker::make(*connection, options, {.workflows = host.get(), .activities = &activities})
            .value();
    worker->start();
  }
  void stop() {
    if (!worker) return;
    worker->request_stop();
    EXPECT_TRUE(worker->wait());
    worker.reset();
  }

  template <class A, class R>
  WorkflowHandle begin(const WorkflowType<A, R>& type, const std::type_identity_t<A>& argument) {
    StartOptions start;
    start.id = gantry::testing::TemporalServer::unique("run");
    start.task_queue = queue;
    return client.start(type, argument, start).value();
  }
  template <class A, class R>
  R finish(const WorkflowType<A, R>& type, const WorkflowHandle& handle) {
    auto outcome = client.result(type, handle, kPatience).value();
    if (outcome.failure) outcome.failure->raise();
    return *outcome.value;
  }
  /// Asks until the answer is `wanted`; workflow tasks are what it waits for.
  template <class R>
  void await_query(const WorkflowHandle& handle, const QueryType<R>& type, const R& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (client.query(handle, type).value() != wanted) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
  }

  std::string queue;
  std::unique_ptr<Connection> connection;
  Client client;
  WorkerOptions options;
  Registry workflows;
  activity::Registry activities;
  Lines log;
  std::unique_ptr<Host> host;
  std::unique_ptr<Worker> worker;
};

}  // namespace gantry::temporal::workflow::testing
