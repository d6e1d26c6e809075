#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// What fails a workflow, what fails only its task, and runs that leave the worker half-way.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr WorkflowType<int, int> kNumber{.name = "Number"};
constexpr ActivityType<int, int> kWork{.name = "work", .policy = {.start_to_close = 10s}};
constexpr SignalType<int> kPoke{.name = "poke"};
constexpr UpdateType<int, int> kRaise{.name = "raise"};
constexpr QueryType<int> kStatus{.name = "status"};

TEST(Failing, AnApplicationFailureFailsTheWorkflow) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> {
    ApplicationFailure failure("Invoice", "no total", true);
    failure.details.push_back(to_payload(7));
    throw failure;
    co_return "";
  });
  const auto done = driver.run(Activation().start("Text"));
  const auto& failure = done.only().fail_workflow_execution().failure();
  EXPECT_EQ(failure.message(), "no total");
  EXPECT_EQ(failure.application_failure_info().type(), "Invoice");
  EXPECT_TRUE(failure.application_failure_info().non_retryable());
  EXPECT_EQ(failure.application_failure_info().details().payloads(0).data(), "7");
}

TEST(Failing, AnyOtherExceptionFailsOnlyTheTask) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> {
    throw std::runtime_error("map is empty");
    co_return "";
  });
  const auto done = driver.run(Activation().start("Text"));
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(done.failure(), "map is empty");
  EXPECT_EQ(done.message.failed().failure().application_failure_info().type(),
            "std::runtime_error");
  EXPECT_THAT(driver.log.lines, ElementsAre("workflow_task_failed error=map is empty"));
}

TEST(Failing, SomethingThatIsNoExceptionFailsTheTaskToo) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> {
    throw 7;
    co_return "";
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).failure(), HasSubstr("no std::exception"));
}

TEST(Failing, AnUnknownTypeFailsTheTaskAndListsTheRegistered) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> { co_return ""; });
  driver.add(kNumber, [](Context, int n) -> Task<int> { co_return n; });
  EXPECT_EQ(driver.run(Activation().start("Txt")).failure(),
            "workflow type 'Txt' is not registered with this worker; registered are: Number, Text");
}

TEST(Failing, AnArgumentOfAnotherTypeFailsTheTask) {
  Driver driver;
  driver.add(kNumber, [](Context, int n) -> Task<int> { co_return n; });
  EXPECT_FALSE(driver.run(Activation().start("Number", to_payload(std::string("x")))).ok());
}

TEST(Failing, ACancelledFailureNobodyAskedForFailsTheWorkflow) {
  Driver driver;
  driver.add(kText, [](Context, None) -> Task<std::string> {
    throw Cancelled("on my own");
    co_return "";
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).kinds(),
              ElementsAre("fail_workflow_execution"));
}

TEST(Failing, ARunThatIsNotCachedIsRefused) {
  Driver driver;
  EXPECT_THAT(driver.run(Activation().fire_timer(1)).failure(), HasSubstr("not in this worker"));
}

TEST(Failing, BytesThatAreNoActivationAreRefused) {
  Registry registry;
  WorkflowActivationCompletion completion;
  ASSERT_TRUE(completion.ParseFromString(make_host(registry, {})->activate("\xff\xff\xff")));
  EXPECT_TRUE(completion.has_failed());
}

TEST(Failing, AfterATaskFailureTheRunStartsOverFromHistory) {
  static bool fixed;
  fixed = false;
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.sleep(1s);
    if (!fixed) throw std::runtime_error("bug");
    co_return "fixed";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).failure(), "bug");
  EXPECT_TRUE(driver.run(Activation().evict()).ok());
  fixed = true;
  driver.run(Activation().start("Text").replaying());
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "fixed");
}

TEST(Failing, CallingIntoAnotherRunIsRefusedByName) {
  static std::optional<Context> leaked;
  leaked.reset();
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    if (leaked) {
      co_await leaked->sleep(1s);
    } else {
      leaked = ctx;
      co_await ctx.sleep(1h);
    }
    co_return "";
  });
  driver.run(Activation("run-a").start("Text"));
  const auto done = driver.run(Activation("run-b").start("Text"));
  EXPECT_EQ(done.failure(),
            "cannot start a timer of run run-a (Text 'wf-1') from outside of that run's code");
}

TEST(Failing, APredicateThatThrowsFailsTheTask) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    bool armed = false;
    ctx.on_signal(kPoke, [&armed](int) { armed = true; });
    co_await ctx.wait([&armed]() -> bool {
      if (armed) throw std::runtime_error("bad predicate");
      return false;
    });
    co_return "";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().signal("poke", to_payload(1))).failure(), "bad predicate");
}

TEST(Failing, AwaitingAStepTwiceIsRefused) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto step = ctx.activity(kWork, 1);
    co_await step;
    co_await step;
    co_return "";
  });
  driver.run(Activation().start("Text"));
  EXPECT_THAT(driver.run(Activation().activity_done(1, to_payload(1))).failure(),
              HasSubstr("already taken"));
}

TEST(Late, AnOutcomeThatNobodyWaitsForIsIgnored) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    {
      const auto dropped = ctx.activity(kWork, 1);
    }
    co_await ctx.sleep(1s);
    co_return "done";
  });
  driver.run(Activation().start("Text"));
  EXPECT_TRUE(driver.run(Activation().activity_done(1, to_payload(1))).ok());
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "done");
}

/// Calls everything it can when its frame is torn down.
struct CallsWhenDying {
  Context ctx;
  State<int> deaths;

  ~CallsWhenDying() {
    ++*deaths;
    std::ignore = ctx.activity(kWork, 1);
    std::ignore = ctx.local_activity(kWork, 1);
    std::ignore = ctx.timer(1s);
    std::ignore = ctx.execute_child(kText, None{}, {.id = "c"});
    std::ignore = ctx.external({.workflow_id = "x"}).signal(kPoke, 1);
    std::ignore = ctx.external({.workflow_id = "x"}).cancel();
    ctx.upsert_memo({{"a", to_payload(1)}});
    ctx.on_query(kStatus, [] { return 1; });
    ctx.on_signal(kPoke, [](int) {});
    ctx.on_update(kRaise, [](int n) { return n; });
    ctx.spawn([](Context c) -> Task<void> { co_await c.sleep(1s); }(ctx));
    std::ignore = ctx.patched("p");
    std::ignore = ctx.random();
    CancellationScope().cancel();
    ctx.log(LogLevel::kInfo, "dying");
  }
};

Task<int> deep(Context ctx, State<int> deaths, int depth) {
  const CallsWhenDying calls{ctx, deaths};
  if (depth == 0) co_return co_await ctx.activity(kWork, 1);
  co_return co_await deep(ctx, deaths, depth - 1);
}

TEST(Eviction, InTheMiddleOfEverythingTearsDownInSilence) {
  static int deaths_seen;
  deaths_seen = 0;
  struct Watch {
    State<int> deaths;
    ~Watch() { deaths_seen = *deaths; }
  };
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto deaths = ctx.state(0);
    std::ignore = ctx.state(std::make_shared<Watch>(deaths));
    ctx.on_signal(kPoke, [ctx, deaths](int) -> Task<void> { co_await deep(ctx, deaths, 2); });
    ctx.on_update(kRaise, [ctx, deaths](int) -> Task<int> { return deep(ctx, deaths, 1); });
    auto spawned = ctx.spawn(shielded(deep(ctx, deaths, 3)));
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(deep(ctx, deaths, i));
    const auto many = all(std::move(tasks));
    auto local = ctx.local_activity(kWork, 1);
    const auto child = ctx.start_child(kText, None{}, {.id = "child"});
    const CallsWhenDying calls{ctx, deaths};
    co_await with_cleanup(
        [](Context c, State<int> d, Task<std::vector<int>> together) -> Task<void> {
          const CancellationScope scope;
          co_await scope.run(
              [](Context in, State<int> count, Task<std::vector<int>> work) -> Task<void> {
                const CallsWhenDying inner{in, count};
                co_await std::move(work);
              }(c, d, std::move(together)));
        }(ctx, deaths, std::move(const_cast<Task<std::vector<int>>&>(many))),
        [](Context c) -> Task<void> { co_await c.sleep(1s); }(ctx));
    co_await ctx.wait([] { return false; });
    co_return "";
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().signal("poke", to_payload(1)).update("u", "raise", to_payload(1)));
  const auto evicted = driver.run(Activation().evict());
  EXPECT_TRUE(evicted.ok());
  EXPECT_EQ(evicted.size(), 0);
  // Signal 3, update 2, spawned 4, all 1 + 2 + 3, the scope's and the body's own.
  EXPECT_EQ(deaths_seen, 17);
  EXPECT_THAT(driver.log.lines, ElementsAre());
}

TEST(Eviction, WhileEverythingIsReadyToRunIsSafe) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto a = ctx.spawn([](Context c) -> Task<void> { co_await c.sleep(1s); }(ctx));
    co_await ctx.sleep(1s);
    throw std::runtime_error("before the other ran");
  });
  driver.run(Activation().start("Text"));
  EXPECT_FALSE(driver.run(Activation().fire_timer(1).fire_timer(2)).ok());
  EXPECT_TRUE(driver.run(Activation().evict()).ok());
}

TEST(Eviction, OfAnUnknownRunIsAnsweredWithNothing) {
  Driver driver;
  const auto evicted = driver.run(Activation("nobody").evict());
  EXPECT_TRUE(evicted.ok());
  EXPECT_EQ(evicted.size(), 0);
}

TEST(Eviction, ForNondeterminismIsLoggedWithCoresWords) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.sleep(1h);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  Activation eviction;
  eviction.evict();
  auto& remove = *eviction.message.mutable_jobs(0)->mutable_remove_from_cache();
  remove.set_reason(coresdk::workflow_activation::RemoveFromCache::NONDETERMINISM);
  remove.set_message("[TMPRL1100] HistoryEvent(id: 5)");
  driver.run(eviction);
  EXPECT_THAT(driver.log.lines, ElementsAre("workflow_nondeterminism after_event=3 "
                                            "error=[TMPRL1100] HistoryEvent(id: 5)"));
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
