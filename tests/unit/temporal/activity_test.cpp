#include <gmock/gmock.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/temporal/activity/pool.hpp"
#include "host/temporal/activity/registry.hpp"

namespace gantry::temporal::activity {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr ActivityType<int, std::string> kSpell{"spell", {}};

Info info_of(std::string type, bool local = false) {
  Info info;
  info.activity_type = std::move(type);
  info.local = local;
  return info;
}

/// Runs a body of its own under the name "body".
Ending run_body(std::function<std::string(Context&, int)> body, Context& context) {
  Registry registry;
  registry.add(ActivityType<int, std::string>{"body", {}}, std::move(body));
  return run(registry, context, {json_payload("7")});
}

TEST(Registry, ABodyTakesAndGivesItsTypes) {
  Registry registry;
  registry.add(kSpell, [](Context&, int number) { return std::to_string(number); });
  Context context(info_of("spell"));
  const auto ending = run(registry, context, {json_payload("42")});
  EXPECT_FALSE(ending.failure);
  EXPECT_EQ(ending.value, json_payload("\"42\""));
}

TEST(Registry, AnArgumentOfAnotherTypeFailsTheTry) {
  Context context(info_of("body"));
  Registry registry;
  registry.add(ActivityType<int, int>{"body", {}}, [](Context&, int number) { return number; });
  const auto ending = run(registry, context, {json_payload("\"seven\"")});
  ASSERT_TRUE(ending.failure);
  const auto& failure = dynamic_cast<const ApplicationFailure&>(*ending.failure);
  EXPECT_THAT(failure.type, HasSubstr("ConversionError"));
  EXPECT_THAT(failure.message, ::testing::Not(HasSubstr("seven")));
  EXPECT_FALSE(failure.non_retryable);
}

TEST(Registry, AnUnknownNameIsToldWithTheKnownOnes) {
  Registry registry;
  registry.add(kSpell, [](Context&, int) { return std::string(); });
  Context context(info_of("spel"));
  const auto ending = run(registry, context, {});
  ASSERT_TRUE(ending.failure);
  EXPECT_THAT(ending.failure->message,
              ::testing::AllOf(HasSubstr("'spel'"), HasSubstr("it has: spell")));
}

TEST(Run, AnApplicationFailurePassesAsItIs) {
  Context context(info_of("body"));
  const auto ending = run_body(
      [](Context&, int) -> std::string {
        ApplicationFailure failure("RateLimited", "later");
        failure.next_retry_delay = 30s;
        throw failure;
      },
      context);
  const auto& failure = dynamic_cast<const ApplicationFailure&>(*ending.failure);
  EXPECT_EQ(failure.type, "RateLimited");
  EXPECT_EQ(failure.next_retry_delay, 30s);
  EXPECT_FALSE(ending.cancelled);
}

TEST(Run, ALongTextOfAForeignExceptionIsCut) {
  Context context(info_of("body"));
  const auto ending = run_body(
      [](Context&, int) -> std::string { throw std::runtime_error(std::string(10'000, 'x')); },
      context);
  EXPECT_LT(ending.failure->message.size(), 600U);
}

TEST(Run, WhatIsNoExceptionOfTheLibraryIsCaughtToo) {
  Context context(info_of("body"));
  const auto ending = run_body([](Context&, int) -> std::string { throw 7; }, context);
  ASSERT_TRUE(ending.failure);
}

TEST(Run, CancelledIsReportedOnlyWhereTheWorkflowAsked) {
  const auto give_up = [](Context& context, int) -> std::string {
    context.throw_if_cancelled();
    return "";
  };
  Context asked(info_of("body"));
  asked.cancel(CancelReason::kRequested);
  EXPECT_TRUE(run_body(give_up, asked).cancelled);
  Context shut(info_of("body"));
  shut.cancel(CancelReason::kWorkerShutdown);
  const auto ending = run_body(give_up, shut);
  ASSERT_TRUE(ending.failure);
  EXPECT_FALSE(ending.cancelled);
  EXPECT_THAT(ending.failure->message, HasSubstr("worker_shutdown"));
}

TEST(Context, TheFirstReasonStays) {
  Context context(info_of("body"));
  EXPECT_EQ(context.cancel_reason(), CancelReason::kNone);
  context.cancel(CancelReason::kTimedOut);
  context.cancel(CancelReason::kRequested);
  EXPECT_EQ(context.cancel_reason(), CancelReason::kTimedOut);
}

TEST(Context, CancellationEndsAWait) {
  Context context(info_of("body"));
  std::jthread canceller([&] { context.cancel(CancelReason::kRequested); });
  EXPECT_TRUE(context.cancelled_within(1h));
}

TEST(Context, AHeartbeatCarriesItsDetails) {
  std::vector<std::vector<Payload>> beats;
  Context context(info_of("body"),
                  [&](const std::vector<Payload>& beat) { beats.push_back(beat); });
  context.heartbeat(3);
  context.heartbeat();
  EXPECT_THAT(beats, ::testing::ElementsAre(SizeIs(1), IsEmpty()));
  EXPECT_EQ(beats[0][0], json_payload("3"));
}

TEST(Context, ALocalActivityHasNoHeartbeat) {
  int beats = 0;
  Context context(info_of("body", true), [&](const std::vector<Payload>&) { ++beats; });
  context.heartbeat(3);
  EXPECT_EQ(beats, 0);
}

TEST(Context, AResumePointIsWhatTheLastTryReported) {
  auto info = info_of("body");
  info.heartbeat_details = {json_payload("12")};
  EXPECT_EQ(Context(info).resume_point<int>(), 12);
  EXPECT_EQ(Context(info_of("body")).resume_point<int>(), std::nullopt);
}

TEST(Pool, StartsNoThreadBeforeThereIsWork) {
  Pool pool(8);
  EXPECT_EQ(pool.threads(), 0U);
}

TEST(Pool, NeverRunsMoreThanItsBound) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  {
    Pool pool(3);
    for (int i = 0; i < 30; ++i) {
      pool.submit([&] {
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --running;
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(running, 0);
}

TEST(Pool, ItsEndRunsWhatWasSubmitted) {
  std::atomic<int> done{0};
  {
    Pool pool(2);
    for (int i = 0; i < 100; ++i) pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace gantry::temporal::activity
