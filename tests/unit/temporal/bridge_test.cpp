#include "host/temporal/bridge/core.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace gantry::temporal::bridge {
namespace {

// Core says "Initiated shutdown" inside the call and before the polls end, so a log sink can hold
// the call where another thread has seen the last poll and finalizes.
TEST(BridgeWorker, IsFreedOnlyAfterAShutdownUnderWayHasReturned) {
  std::atomic<bool> told{false};
  std::promise<void> inside;
  std::promise<void> released;
  const auto release = released.get_future().share();
  RuntimeOptions runtime_options;
  runtime_options.log_filter = "info";
  runtime_options.log = [&](const LogLine& line) {
    if (line.event != "Initiated shutdown" || told.exchange(true)) return;
    inside.set_value();
    release.wait();
  };
  auto runtime = Runtime::make(std::move(runtime_options));
  ASSERT_TRUE(runtime);
  WorkerOptions options;
  options.task_queue = "bridge";
  options.remote_activities = false;
  std::unique_ptr<Feeder> feeder;
  auto worker = Worker::make_replay(**runtime, options, feeder);
  ASSERT_TRUE(worker);

  auto reached = inside.get_future();
  auto finalized = std::async(std::launch::async, [&] {
    reached.wait();
    return (*worker)->finalize();
  });
  auto opener = std::async(std::launch::async, [&] {
    const auto early = finalized.wait_for(std::chrono::milliseconds(300));
    released.set_value();
    return early;
  });
  (*worker)->initiate_shutdown();  // here, as only this thread has Core's log
  EXPECT_EQ(opener.get(), std::future_status::timeout);
  EXPECT_TRUE(finalized.get());
}

}  // namespace
}  // namespace gantry::temporal::bridge
