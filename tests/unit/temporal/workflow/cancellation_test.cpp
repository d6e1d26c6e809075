#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// What cancellation reaches, and what it does not.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr ActivityType<int, int> kWork{.name = "work", .policy = {.start_to_close = 10s}};
constexpr ActivityType<int, int> kUndo{.name = "undo", .policy = {.start_to_close = 10s}};

Task<int> work(Context ctx, int n) { co_return co_await ctx.activity(kWork, n); }
Task<void> undo(Context ctx, int n) { co_await ctx.activity(kUndo, n); }

TEST(Cancellation, OfATimerCancelsItAndTheWorkflowEndsCancelled) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.sleep(1h);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  EXPECT_THAT(driver.run(Activation().cancel()).kinds(),
              ElementsAre("cancel_timer", "cancel_workflow_execution"));
}

TEST(Cancellation, OfAnActivityAsksForItAndEndsWhenCoreSaysSo) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return std::to_string(co_await work(ctx, 1));
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().cancel()).only().request_cancel_activity().seq(), 1u);
  EXPECT_THAT(driver.run(Activation().activity_cancelled(1)).kinds(),
              ElementsAre("cancel_workflow_execution"));
}

TEST(Cancellation, OfAChildNamesItsSequence) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.execute_child(kText, None{}, {.id = "c"});
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().child_started(1, "r"));
  EXPECT_EQ(driver.run(Activation().cancel())
                .only()
                .cancel_child_workflow_execution()
                .child_workflow_seq(),
            1u);
}

TEST(Cancellation, OfAWaitThrowsTheReason) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string said;
    try {
      co_await ctx.wait([] { return false; });
    } catch (const Cancelled& cancelled) {
      said = cancelled.message;
    }
    co_return said + (ctx.cancel_requested() ? " asked" : "");
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().cancel("operator")).result<std::string>(), "operator asked");
}

TEST(Cancellation, ACancelledScopeStartsNothingNew) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto first = co_await attempt(ctx.sleep(1h));
    co_return first ? "slept" : "";
  });
  driver.run(Activation().start("Text"));
  // `attempt` hands cancellation of the workflow on; it does not turn it into a value.
  EXPECT_THAT(driver.run(Activation().cancel()).kinds(),
              ElementsAre("cancel_timer", "cancel_workflow_execution"));

  Driver other;
  other.add(kText, [](Context ctx, None) -> Task<std::string> {
    try {
      co_await ctx.sleep(1h);
    } catch (const Cancelled&) {
    }
    try {
      co_await ctx.activity(kWork, 1);
    } catch (const Cancelled&) {
      co_return "refused";
    }
    co_return "ran";
  });
  other.run(Activation().start("Text"));
  EXPECT_THAT(other.run(Activation().cancel()).kinds(),
              ElementsAre("cancel_timer", "complete_workflow_execution"));
}

TEST(Scope, CancellingOneLeavesTheRestAlone) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const CancellationScope scope;
    auto inside = ctx.spawn(scope.run(work(ctx, 1)));
    auto outside = ctx.spawn(work(ctx, 2));
    co_await ctx.sleep(1s);
    scope.cancel();
    std::string text = co_await attempt(inside.join()) ? "ran " : "cancelled ";
    co_return text + std::to_string(co_await outside.join());
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).kinds(),
              ElementsAre("start_timer", "schedule_activity", "schedule_activity"));
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).only().request_cancel_activity().seq(), 1u);
  EXPECT_EQ(driver.run(Activation().activity_cancelled(1)).size(), 0);
  EXPECT_EQ(driver.run(Activation().activity_done(2, to_payload(4))).result<std::string>(),
            "cancelled 4");
}

TEST(Scope, CancellingAnOuterOneReachesInnerOnesInOrder) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const CancellationScope outer;
    const auto nested = [&]() -> Task<void> {
      const CancellationScope inner;
      auto direct = ctx.timer(10s);
      co_await inner.run([](Context c) -> Task<void> { co_await c.sleep(20s); }(ctx));
      co_await direct;
    };
    auto spawned = ctx.spawn(outer.run(nested()));
    co_await ctx.sleep(1s);
    outer.cancel("all");
    co_return co_await attempt(spawned.join()) ? "ran" : "cancelled";
  });
  driver.run(Activation().start("Text"));
  const auto done = driver.run(Activation().fire_timer(1));
  EXPECT_THAT(done.kinds(),
              ElementsAre("cancel_timer", "cancel_timer", "complete_workflow_execution"));
  // The inner scope was made before the timer beside it.
  EXPECT_EQ(done[0].cancel_timer().seq(), 3u);
  EXPECT_EQ(done[1].cancel_timer().seq(), 2u);
}

TEST(Scope, AShieldedPartIsNotReached) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const int result = co_await shielded(work(ctx, 1));
    co_await ctx.sleep(1h);
    co_return std::to_string(result);
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().cancel()).size(), 0);
  EXPECT_THAT(driver.run(Activation().activity_done(1, to_payload(2))).kinds(),
              ElementsAre("cancel_workflow_execution"));
}

TEST(Cleanup, RunsAfterCancellationOutOfItsReach) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return std::to_string(co_await with_cleanup(work(ctx, 1), undo(ctx, 1)));
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().cancel());
  const auto cleaning = driver.run(Activation().activity_cancelled(1));
  EXPECT_EQ(cleaning.only().schedule_activity().activity_type(), "undo");
  EXPECT_THAT(driver.run(Activation().activity_done(2, to_payload(0))).kinds(),
              ElementsAre("cancel_workflow_execution"));
}

TEST(Cleanup, RunsAfterSuccessAndKeepsTheResult) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return std::to_string(co_await with_cleanup(work(ctx, 1), undo(ctx, 1)));
  });
  driver.run(Activation().start("Text"));
  const auto cleaning = driver.run(Activation().activity_done(1, to_payload(7)));
  EXPECT_EQ(cleaning.only().schedule_activity().activity_type(), "undo");
  EXPECT_EQ(driver.run(Activation().activity_done(2, to_payload(0))).result<std::string>(), "7");
}

TEST(Compensation, RunsOnlyAfterAFailure) {
  const auto body = [](Context ctx, None) -> Task<std::string> {
    co_return std::to_string(co_await with_compensation(work(ctx, 1), undo(ctx, 1)));
  };
  Driver good;
  good.add(kText, body);
  good.run(Activation().start("Text"));
  EXPECT_EQ(good.run(Activation().activity_done(1, to_payload(7))).result<std::string>(), "7");

  Driver bad;
  bad.add(kText, body);
  bad.run(Activation().start("Text"));
  const auto undoing = bad.run(Activation().activity_failed(1, ApplicationFailure("T", "no")));
  EXPECT_EQ(undoing.only().schedule_activity().activity_type(), "undo");
  EXPECT_EQ(bad.run(Activation().activity_done(2, to_payload(0)))
                .only()
                .fail_workflow_execution()
                .failure()
                .cause()
                .message(),
            "no");
}

TEST(Compensation, ABugRunsNothingMore) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto broken = []() -> Task<int> {
      throw std::runtime_error("bug");
      co_return 0;
    };
    co_return std::to_string(co_await with_compensation(broken(), undo(ctx, 1)));
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).failure(), "bug");
}

TEST(Cancellation, ReachesHandlersWithoutFailingTheWorkflow) {
  static constexpr SignalType<int> kPoke{.name = "poke"};
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_signal(kPoke, [ctx](int) -> Task<void> { co_await ctx.sleep(1h); });
    try {
      co_await ctx.wait([] { return false; });
    } catch (const Cancelled&) {
    }
    co_await shielded([](Context c) -> Task<void> { co_await c.sleep(1s); }(ctx));
    co_return "clean";
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().signal("poke", to_payload(1)));
  EXPECT_THAT(driver.run(Activation().cancel()).kinds(),
              ElementsAre("cancel_timer", "start_timer"));
  EXPECT_EQ(driver.run(Activation().fire_timer(2)).result<std::string>(), "clean");
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
