#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "host/temporal/activity/registry.hpp"
#include "host/temporal/client/client.hpp"
#include "host/temporal/worker/worker.hpp"
#include "tests/integration/temporal/scripted_host.hpp"
#include "tests/support/temporal_server.hpp"

namespace gantry::testing {

using namespace std::chrono_literals;
using temporal::activity::Context;

inline constexpr auto kPatience = 30'000ms;
inline constexpr WorkflowType<Json, Json> kRun{"Run"};
inline constexpr WorkflowType<Json, Json> kWait{"Wait"};
inline constexpr WorkflowType<int, std::string> kAgain{"Again"};

/// A worker of the shared server with a queue of its own, running in the background.
class Rig {
 public:
  explicit Rig(
      std::unique_ptr<temporal::Connection> connection = TemporalServer::shared().connect())
      : queue(TemporalServer::unique("queue")), connection(std::move(connection)) {
    options.core.task_queue = queue;
    options.core.graceful_shutdown = 5'000ms;
  }
  ~Rig() { stop(); }

  template <class A, class R>
  void add(std::string_view name, std::function<R(Context&, A)> body) {
    registry.add(ActivityType<A, R>{name, {}}, std::move(body));
  }

  void start() {
    worker = temporal::Worker::make(*connection, options, {&host, &registry, claim_check}).value();
    worker->start();
  }
  void stop() {
    if (!worker) return;
    worker->request_stop();
    EXPECT_TRUE(worker->wait());
    worker.reset();
  }

  temporal::Client client() { return temporal::Client(*connection, claim_check); }
  temporal::StartOptions start_options() {
    temporal::StartOptions start;
    start.id = TemporalServer::unique("workflow");
    start.task_queue = queue;
    return start;
  }
  /// Starts `Run` with these activities and waits for its end.
  temporal::OutcomeOf<Json> run(const Json& activities) {
    auto api = client();
    last = api.start(kRun, Json{{"activities", activities}}, start_options()).value();
    return api.result(kRun, last, kPatience).value();
  }

  std::string queue;
  std::unique_ptr<temporal::Connection> connection;
  temporal::WorkerOptions options;
  const temporal::ClaimCheck* claim_check = nullptr;
  ScriptedHost host{queue};
  temporal::activity::Registry registry;
  std::unique_ptr<temporal::Worker> worker;
  temporal::WorkflowHandle last{};
};

}  // namespace gantry::testing
