#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// Who runs next, and things that run side by side.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr ActivityType<int, int> kDouble{.name = "double", .policy = {.start_to_close = 10s}};
constexpr SignalType<std::string> kSay{.name = "say"};
constexpr SignalType<int> kNumber{.name = "number"};

Task<std::string> nap(Context ctx, int seconds, std::string result) {
  co_await ctx.sleep(std::chrono::seconds(seconds));
  co_return result;
}

Task<std::string> nap_and_fail(Context ctx, int seconds) {
  co_await ctx.sleep(std::chrono::seconds(seconds));
  throw ApplicationFailure("Nap", "bad dream");
}

TEST(Scheduler, AFinishedTimerResumesItsWaiterBeforeALaterSignal) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string order;
    ctx.on_signal(kSay, [&order](const std::string& word) { order += word; });
    co_await ctx.sleep(1s);
    order += "timer ";
    co_await ctx.wait([&order] { return order.size() > 6; });
    co_return order;
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().fire_timer(1).signal("say", to_payload(std::string("signal"))))
                .result<std::string>(),
            "timer signal");
}

TEST(Scheduler, ASignalOfTheFirstActivationIsHandledOnceItsHandlerIsSet) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string heard;
    ctx.on_signal(kSay, [&heard](const std::string& word) { heard += word; });
    co_await ctx.wait([&heard] { return heard.size() >= 2; });
    co_return heard;
  });
  EXPECT_EQ(driver
                .run(Activation()
                         .start("Text")
                         .signal("say", to_payload(std::string("a")))
                         .signal("say", to_payload(std::string("b"))))
                .result<std::string>(),
            "ab");
}

TEST(Scheduler, OnlyOneWaitIsWokenByAConditionThatItsWaiterUndoes) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    int tokens = 0;
    std::string order;
    const auto take = [&](std::string name) -> Task<void> {
      co_await ctx.wait([&] { return tokens > 0; });
      --tokens;
      order += name;
    };
    auto first = ctx.spawn([&] { return take("a"); });
    auto second = ctx.spawn([&] { return take("b"); });
    co_await ctx.sleep(1s);
    tokens = 1;
    co_await ctx.sleep(1s);
    order += std::to_string(tokens) + (second.done() ? "both" : "one");
    tokens = 1;
    co_await first.join();
    co_await second.join();
    co_return order;
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).kinds(),
            std::vector<std::string>{"start_timer"});
  EXPECT_EQ(driver.run(Activation().fire_timer(2)).result<std::string>(), "a0oneb");
}

TEST(Scheduler, ReadyCodeRunsInTheOrderInWhichItBecameReady) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string order;
    const auto wait = [&](int seconds, std::string name) -> Task<void> {
      co_await ctx.sleep(std::chrono::seconds(seconds));
      order += name;
    };
    std::vector<Task<void>> tasks;
    tasks.push_back(wait(1, "a"));
    tasks.push_back(wait(2, "b"));
    tasks.push_back(wait(3, "c"));
    co_await all(std::move(tasks));
    co_return order;
  });
  const auto started = driver.run(Activation().start("Text"));
  EXPECT_EQ(started[0].start_timer().start_to_fire_timeout().seconds(), 1);
  EXPECT_EQ(started[2].start_timer().start_to_fire_timeout().seconds(), 3);
  EXPECT_EQ(
      driver.run(Activation().fire_timer(3).fire_timer(1).fire_timer(2)).result<std::string>(),
      "cab");
}

TEST(WaitFor, IsTrueWhereTheConditionComesFirstAndCancelsItsTimer) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto words = ctx.signals(kSay);
    const bool met = co_await ctx.wait_for([&] { return words.size() > 0; }, 5s);
    co_return met ? co_await words.next() : "late";
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).only().start_timer().seq(), 1u);
  const auto met = driver.run(Activation().signal("say", to_payload(std::string("hi"))));
  EXPECT_THAT(met.kinds(), ElementsAre("cancel_timer", "complete_workflow_execution"));
}

TEST(WaitFor, IsFalseAfterTheTimeout) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto words = ctx.signals(kSay);
    co_return co_await ctx.wait_for([&] { return words.size() > 0; }, 5s) ? "met" : "late";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "late");
}

TEST(SignalChannel, KeepsOrderAndWhatCameBeforeItWasMade) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.sleep(1s);
    auto numbers = ctx.signals(kNumber);
    std::string seen = std::to_string(numbers.size()) + ":";
    seen += std::to_string(*numbers.try_next());
    seen += std::to_string(co_await numbers.next());
    seen += numbers.try_next() ? "more" : "none";
    seen += std::to_string(co_await numbers.next());
    co_return seen;
  });
  driver.run(Activation().start("Text").signal("number", to_payload(1)));
  driver.run(Activation().signal("number", to_payload(2)));
  driver.run(Activation().fire_timer(1));
  EXPECT_EQ(driver.run(Activation().signal("number", to_payload(3))).result<std::string>(),
            "2:12none3");
}

TEST(Spawned, RunsBesideItsMakerAndGivesItsValueOrFailure) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto good = ctx.spawn(nap(ctx, 1, "good"));
    auto bad = ctx.spawn(nap_and_fail(ctx, 2));
    co_await ctx.sleep(3s);
    std::string text = co_await good.join();
    try {
      text += co_await bad.join();
    } catch (const ApplicationFailure& failure) {
      text += " " + failure.message;
    }
    co_return text;
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).size(), 3);
  EXPECT_EQ(
      driver.run(Activation().fire_timer(1).fire_timer(2).fire_timer(3)).result<std::string>(),
      "good bad dream");
}

TEST(Spawned, ABugInItFailsTheTaskAtOnce) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.spawn([]() -> Task<void> {
      throw std::runtime_error("oops");
      co_return;
    });
    co_await ctx.sleep(1s);
    co_return "";
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).failure(), "oops");
}

TEST(All, GivesResultsInTheTasksOrder) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::vector<Task<std::string>> tasks;
    tasks.push_back(nap(ctx, 1, "a"));
    tasks.push_back(nap(ctx, 2, "b"));
    const auto results = co_await all(std::move(tasks));
    co_return results[0] + results[1];
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().fire_timer(2)).size(), 0);
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "ab");
}

TEST(All, OfNothingIsDoneAtOnce) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> {
    co_return std::to_string((co_await all(std::vector<Task<std::string>>{})).size());
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).result<std::string>(), "0");
}

TEST(All, TheFirstFailureCancelsTheOthersAndIsThrownOnceTheyEnded) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string log;
    const auto slow = [&]() -> Task<std::string> {
      try {
        co_await ctx.activity(kDouble, 1);
      } catch (const ActivityFailure&) {
        log += "slow ended; ";
        throw;
      }
      co_return "";
    };
    std::vector<Task<std::string>> tasks;
    tasks.push_back(slow());
    tasks.push_back(nap_and_fail(ctx, 2));
    try {
      co_await all(std::move(tasks));
    } catch (const ApplicationFailure& failure) {
      log += failure.message;
    }
    co_return log;
  });
  driver.run(Activation().start("Text"));
  EXPECT_THAT(driver.run(Activation().fire_timer(1)).kinds(),
              ElementsAre("request_cancel_activity"));
  EXPECT_EQ(driver.run(Activation().activity_cancelled(1)).result<std::string>(),
            "slow ended; bad dream");
}

TEST(All, ABugInOneEndsTheTaskWithoutCommandsForTheOthers) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto broken = [&]() -> Task<std::string> {
      co_await ctx.sleep(2s);
      throw std::out_of_range("index 7");
    };
    std::vector<Task<std::string>> tasks;
    tasks.push_back(nap(ctx, 1, ""));
    tasks.push_back(broken());
    co_await all(std::move(tasks));
    co_return "";
  });
  driver.run(Activation().start("Text"));
  const auto done = driver.run(Activation().fire_timer(2));
  EXPECT_EQ(done.failure(), "index 7");
  EXPECT_EQ(done.message.failed().failure().application_failure_info().type(), "std::out_of_range");
}

TEST(Any, GivesTheFirstAndCancelsTheRest) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::vector<Task<std::string>> tasks;
    tasks.push_back(nap(ctx, 5, "slow"));
    tasks.push_back(nap(ctx, 1, "fast"));
    const auto [index, value] = co_await any(std::move(tasks));
    co_return std::to_string(index) + value;
  });
  driver.run(Activation().start("Text"));
  const auto done = driver.run(Activation().fire_timer(2));
  EXPECT_THAT(done.kinds(), ElementsAre("cancel_timer", "complete_workflow_execution"));
  EXPECT_EQ(done[0].cancel_timer().seq(), 1u);
  EXPECT_EQ(from_payload<std::string>(from_wire(done[1].complete_workflow_execution().result())),
            "1fast");
}

TEST(ForEachBounded, NeverHasMoreUnderWayThanItsLimitAndKeepsOrder) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto doubled =
        co_await for_each_bounded(std::vector<int>{1, 2, 3}, 2, [ctx](const int& n) -> Task<int> {
          return [](Context c, int item) -> Task<int> {
            co_return co_await c.activity(kDouble, item);
          }(ctx, n);
        });
    std::string text;
    for (const int n : doubled) text += std::to_string(n) + " ";
    co_return text;
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).kinds(),
              ElementsAre("schedule_activity", "schedule_activity"));
  const auto third = driver.run(Activation().activity_done(2, to_payload(4)));
  EXPECT_EQ(third.only().schedule_activity().arguments(0).data(), "3");
  EXPECT_EQ(driver.run(Activation().activity_done(3, to_payload(6))).size(), 0);
  EXPECT_EQ(driver.run(Activation().activity_done(1, to_payload(2))).result<std::string>(),
            "2 4 6 ");
}

TEST(ForEachBounded, ItsFunctionMayCaptureWhatOutlivesTheCall) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string text;
    co_await for_each_bounded(std::vector<std::string>{"a", "b", "c"}, 1,
                              [&](const std::string& item) -> Task<void> {
                                co_await ctx.sleep(1s);
                                text += item;
                              });
    co_return text;
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().fire_timer(1));
  driver.run(Activation().fire_timer(2));
  EXPECT_EQ(driver.run(Activation().fire_timer(3)).result<std::string>(), "abc");
}

TEST(Determinism, TheSameActivationsGiveTheSameBytes) {
  const auto run_all = [] {
    Driver driver;
    driver.add(kText, [](Context ctx, None) -> Task<std::string> {
      std::string text = ctx.uuid();
      ctx.on_signal(kSay, [&text](const std::string& word) { text += word; });
      std::vector<Task<std::string>> tasks;
      for (int i = 1; i < 5; ++i) tasks.push_back(nap(ctx, i, std::to_string(i)));
      for (const auto& part : co_await all(std::move(tasks))) text += part;
      co_return text;
    });
    std::vector<std::string> bytes;
    bytes.push_back(driver.run(Activation().start("Text")).bytes());
    bytes.push_back(driver.run(Activation().fire_timer(2).fire_timer(4)).bytes());
    bytes.push_back(driver.run(Activation().signal("say", to_payload(std::string("x")))).bytes());
    bytes.push_back(driver.run(Activation().fire_timer(3).fire_timer(1)).bytes());
    return bytes;
  };
  EXPECT_EQ(run_all(), run_all());
}

TEST(Load, AThousandRunsOfAHundredActivitiesEach) {
  constexpr int kRuns = 1'000;
  constexpr std::uint32_t kActivities = 100;
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    int sum = 0;
    for (int i = 0; i < 100; ++i) sum += co_await ctx.activity(kDouble, i);
    co_return std::to_string(sum);
  });
  for (int i = 0; i < kRuns; ++i) {
    ASSERT_EQ(driver.run(Activation("run-" + std::to_string(i)).start("Text")).size(), 1);
  }
  for (std::uint32_t seq = 1; seq <= kActivities; ++seq) {
    const Payload result = to_payload(static_cast<int>(seq));
    for (int i = 0; i < kRuns; ++i) {
      const auto done =
          driver.run(Activation("run-" + std::to_string(i)).activity_done(seq, result));
      ASSERT_EQ(done.size(), 1);
      // 1 + 2 + … + 100 = 5050.
      if (seq == kActivities) {
        ASSERT_EQ(done.result<std::string>(), "5050");
      }
    }
  }
  for (int i = 0; i < kRuns; ++i) {
    ASSERT_EQ(driver.run(Activation("run-" + std::to_string(i)).evict()).size(), 0);
  }
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
