#include <gmock/gmock.h>

#include <atomic>
#include <latch>

#include "tests/integration/temporal/rig.hpp"

namespace gantry::testing {
namespace {

using temporal::ActivityFailure;
using temporal::ApplicationFailure;
using temporal::Cancelled;
using temporal::find_failure;
using temporal::TimeoutFailure;
using temporal::TimeoutKind;
using temporal::activity::CancelReason;

TEST(Activities, AResultReachesTheWorkflow) {
  Rig rig;
  rig.add<std::string, std::string>("greet", [](Context& context, const std::string& name) {
    EXPECT_EQ(context.info().activity_type, "greet");
    EXPECT_EQ(context.info().workflow_type, "Run");
    EXPECT_EQ(context.info().attempt, 1);
    EXPECT_FALSE(context.info().local);
    EXPECT_TRUE(context.info().deadline.has_value());
    return "Hello, " + name;
  });
  rig.start();
  const auto outcome = rig.run({{{"type", "greet"}, {"argument", "Ada"}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({"Hello, Ada"}));
}

TEST(Activities, ALocalActivityRunsOnThePoolToo) {
  Rig rig;
  rig.add<int, int>("double", [](Context& context, int value) {
    EXPECT_TRUE(context.info().local);
    context.heartbeat(value);  // Nothing, and no harm.
    return value * 2;
  });
  rig.start();
  const auto outcome = rig.run({{{"type", "double"}, {"argument", 21}, {"local", true}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({42}));
}

TEST(Activities, HeartbeatDetailsSurviveARetry) {
  Rig rig;
  rig.add<Json, int>("resume", [](Context& context, const Json&) -> int {
    const auto point = context.resume_point<int>();
    if (!point) {
      context.heartbeat(7);
      throw std::runtime_error("the first try ends here");
    }
    return *point;
  });
  rig.start();
  const auto outcome = rig.run({{{"type", "resume"}, {"heartbeat_ms", 10'000}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({7}));
}

TEST(Activities, CancellationReachesABlockingActivity) {
  Rig rig;
  rig.options.core.heartbeat_throttle_default = 100ms;
  std::latch running(1);
  std::atomic<CancelReason> reason{CancelReason::kNone};
  rig.add<Json, int>("block", [&](Context& context, const Json&) -> int {
    running.count_down();
    while (!context.cancelled_within(50ms)) context.heartbeat();
    reason = context.cancel_reason();
    context.throw_if_cancelled();
    return 0;
  });
  rig.start();
  auto client = rig.client();
  const Json input{{"activities", {{{"type", "block"}, {"heartbeat_ms", 1'000}}}}};
  const auto handle = client.start(kRun, input, rig.start_options()).value();
  running.wait();
  ASSERT_TRUE(client.cancel(handle));
  const auto outcome = client.result(kRun, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_NE(find_failure<Cancelled>(*outcome.failure), nullptr);
  EXPECT_EQ(reason.load(), CancelReason::kRequested);
}

TEST(Activities, TheRetryPolicyBoundsTheTries) {
  Rig rig;
  std::atomic<int> tries{0};
  rig.add<Json, int>("fail", [&](Context& context, const Json&) -> int {
    EXPECT_EQ(context.info().attempt, ++tries);
    throw ApplicationFailure("Flaky", "not this time");
  });
  rig.start();
  const auto outcome = rig.run({{{"type", "fail"}, {"retry", {{"attempts_max", 3}}}}});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(tries, 3);
  const auto* failure = find_failure<ApplicationFailure>(*outcome.failure);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->type, "Flaky");
  EXPECT_EQ(failure->message, "not this time");
  const auto* activity = find_failure<ActivityFailure>(*outcome.failure);
  ASSERT_NE(activity, nullptr);
  EXPECT_EQ(activity->activity_type, "fail");
  EXPECT_EQ(activity->retry_state, temporal::RetryState::kAttemptsReached);
}

TEST(Activities, AFailureThatSaysSoIsNotTriedAgain) {
  Rig rig;
  std::atomic<int> tries{0};
  rig.add<Json, int>("invalid", [&](Context&, const Json&) -> int {
    ++tries;
    throw ApplicationFailure("ValidationError", "bad record", true);
  });
  rig.start();
  EXPECT_TRUE(rig.run({{{"type", "invalid"}}}).failure);
  EXPECT_EQ(tries, 1);
}

TEST(Activities, ATypeThePolicyNamesIsNotTriedAgain) {
  Rig rig;
  std::atomic<int> tries{0};
  rig.add<Json, int>("invalid", [&](Context&, const Json&) -> int {
    ++tries;
    throw ApplicationFailure("ValidationError", "bad record");
  });
  rig.start();
  EXPECT_TRUE(
      rig.run({{{"type", "invalid"}, {"retry", {{"non_retryable", "ValidationError"}}}}}).failure);
  EXPECT_EQ(tries, 1);
}

TEST(Activities, AFailureMaySayWhenToTryAgain) {
  Rig rig;
  rig.add<Json, int>("later", [](Context& context, const Json&) -> int {
    if (context.info().attempt > 1) return context.info().attempt;
    ApplicationFailure failure("RateLimited", "come back soon");
    failure.next_retry_delay = 10ms;
    throw failure;
  });
  rig.start();
  // The policy alone would wait longer than this test does.
  const auto outcome = rig.run({{{"type", "later"}, {"retry", {{"initial_ms", 90'000}}}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({2}));
}

TEST(Activities, StartToCloseEndsATryThatHangs) {
  Rig rig;
  rig.add<Json, int>("hang", [](Context& context, const Json&) -> int {
    while (!context.cancelled_within(1'000ms)) {
    }
    EXPECT_EQ(context.cancel_reason(), CancelReason::kTimedOut);
    return 0;
  });
  rig.start();
  const auto outcome =
      rig.run({{{"type", "hang"}, {"start_to_close_ms", 300}, {"retry", {{"attempts_max", 1}}}}});
  ASSERT_TRUE(outcome.failure);
  const auto* timeout = find_failure<TimeoutFailure>(*outcome.failure);
  ASSERT_NE(timeout, nullptr);
  EXPECT_EQ(timeout->kind, TimeoutKind::kStartToClose);
}

TEST(Activities, SilenceEndsATryThatShouldHeartbeat) {
  Rig rig;
  rig.add<Json, int>("silent", [](Context& context, const Json&) -> int {
    while (!context.cancelled_within(1'000ms)) {
    }
    return 0;
  });
  rig.start();
  const auto outcome =
      rig.run({{{"type", "silent"}, {"heartbeat_ms", 300}, {"retry", {{"attempts_max", 1}}}}});
  ASSERT_TRUE(outcome.failure);
  const auto* timeout = find_failure<TimeoutFailure>(*outcome.failure);
  ASSERT_NE(timeout, nullptr);
  EXPECT_EQ(timeout->kind, TimeoutKind::kHeartbeat);
}

TEST(Activities, NoMoreRunAtOnceThanThereAreSlots) {
  Rig rig;
  rig.options.core.activity_slots = 3;
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::latch three(3);
  rig.add<Json, int>("count", [&](Context&, const Json&) {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    three.count_down(now <= 3 && !three.try_wait() ? 1 : 0);
    three.wait();
    --running;
    return 0;
  });
  rig.start();
  Json steps = Json::array();
  for (int i = 0; i < 12; ++i) steps.push_back({{"type", "count"}});
  EXPECT_TRUE(rig.run(steps).value);
  EXPECT_EQ(most, 3);
}

TEST(Activities, AForeignExceptionTellsItsTypeAndItsText) {
  Rig rig;
  rig.add<Json, int>(
      "throw", [](Context&, const Json&) -> int { throw std::out_of_range("index \x1b[31m9"); });
  rig.start();
  const auto outcome = rig.run({{{"type", "throw"}, {"retry", {{"attempts_max", 1}}}}});
  ASSERT_TRUE(outcome.failure);
  const auto* failure = find_failure<ApplicationFailure>(*outcome.failure);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->type, "std::out_of_range");
  EXPECT_EQ(failure->message, "index \\x1b[31m9");
}

TEST(Activities, AnUnknownTypeIsNamedWithThoseThatAreKnown) {
  Rig rig;
  rig.add<Json, int>("known", [](Context&, const Json&) { return 0; });
  rig.start();
  const auto outcome = rig.run({{{"type", "unknown"}, {"retry", {{"attempts_max", 1}}}}});
  ASSERT_TRUE(outcome.failure);
  const auto* failure = find_failure<ApplicationFailure>(*outcome.failure);
  ASSERT_NE(failure, nullptr);
  EXPECT_THAT(failure->message,
              ::testing::AllOf(::testing::HasSubstr("'unknown'"), ::testing::HasSubstr("known")));
}

TEST(Worker, DrainingWaitsForWhatRuns) {
  Rig rig;
  std::latch running(1);
  std::latch release(1);
  rig.add<Json, std::string>("slow", [&](Context& context, const Json&) -> std::string {
    running.count_down();
    release.wait();
    return context.cancelled() ? "cancelled" : "finished";
  });
  rig.start();
  auto client = rig.client();
  const Json input{{"activities", {{{"type", "slow"}}}}};
  const auto handle = client.start(kRun, input, rig.start_options()).value();
  running.wait();
  rig.worker->request_stop();
  release.count_down();
  ASSERT_TRUE(rig.worker->wait());
  rig.start();
  const auto outcome = client.result(kRun, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({"finished"}));
}

TEST(Worker, ASecondStopCancelsWhatRuns) {
  Rig rig;
  rig.options.core.graceful_shutdown = 3'600'000ms;
  std::latch running(1);
  std::atomic<CancelReason> reason{CancelReason::kNone};
  rig.add<Json, int>("block", [&](Context& context, const Json&) -> int {
    running.count_down();
    while (!context.cancelled_within(1'000ms)) {
    }
    reason = context.cancel_reason();
    return 0;
  });
  rig.start();
  const Json input{{"activities", {{{"type", "block"}}}}};
  ASSERT_TRUE(rig.client().start(kRun, input, rig.start_options()));
  running.wait();
  rig.worker->request_stop();
  rig.stop();
  EXPECT_EQ(reason.load(), CancelReason::kWorkerShutdown);
}

TEST(Worker, TheDrainTimeEndsWhatDoesNot) {
  Rig rig;
  rig.options.core.graceful_shutdown = 100ms;
  std::latch running(1);
  std::atomic<CancelReason> reason{CancelReason::kNone};
  rig.add<Json, int>("block", [&](Context& context, const Json&) -> int {
    running.count_down();
    while (!context.cancelled_within(1'000ms)) {
    }
    reason = context.cancel_reason();
    return 0;
  });
  rig.start();
  const Json input{{"activities", {{{"type", "block"}}}}};
  ASSERT_TRUE(rig.client().start(kRun, input, rig.start_options()));
  running.wait();
  rig.stop();
  EXPECT_EQ(reason.load(), CancelReason::kWorkerShutdown);
}

}  // namespace
}  // namespace gantry::testing
