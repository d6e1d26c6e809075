#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// One durable step each: what it asks of Core and what it gives back.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr WorkflowType<int, int> kNumber{.name = "Number"};
constexpr ActivityType<std::string, std::string> kGreet{
    .name = "greet",
    .policy = {.start_to_close = 10s,
               .heartbeat = 2s,
               .retry = {.initial_interval = 500ms,
                         .backoff = 3.0,
                         .interval_max = 7s,
                         .attempts_max = 4,
                         .non_retryable_type = "ValidationError"}}};

TEST(Activity, IsScheduledWithItsTypesPolicyAndGivesItsResult) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.activity(kGreet, "Ada");
  });

  const auto started = driver.run(Activation().start("Text"));
  const auto& activity = started.only().schedule_activity();
  EXPECT_EQ(activity.seq(), 1u);
  EXPECT_EQ(activity.activity_id(), "1");
  EXPECT_EQ(activity.activity_type(), "greet");
  EXPECT_EQ(activity.task_queue(), "queue");
  EXPECT_EQ(activity.arguments(0).data(), "\"Ada\"");
  EXPECT_EQ(activity.arguments(0).metadata().at("encoding"), "json/plain");
  EXPECT_EQ(activity.start_to_close_timeout().seconds(), 10);
  EXPECT_FALSE(activity.has_schedule_to_close_timeout());
  EXPECT_EQ(activity.heartbeat_timeout().seconds(), 2);
  EXPECT_EQ(activity.retry_policy().initial_interval().nanos(), 500'000'000);
  EXPECT_EQ(activity.retry_policy().backoff_coefficient(), 3.0);
  EXPECT_EQ(activity.retry_policy().maximum_interval().seconds(), 7);
  EXPECT_EQ(activity.retry_policy().maximum_attempts(), 4);
  EXPECT_EQ(activity.retry_policy().non_retryable_error_types(0), "ValidationError");
  EXPECT_FALSE(activity.do_not_eagerly_execute());

  const auto done =
      driver.run(Activation().activity_done(1, to_payload(std::string("Hello, Ada"))));
  EXPECT_EQ(done.result<std::string>(), "Hello, Ada");
}

TEST(Activity, TwoMadeBeforeTheFirstAwaitRunSideBySide) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto first = ctx.activity(kGreet, "a");
    auto second = ctx.activity(kGreet, "b");
    const auto two = co_await second;
    co_return co_await first + two;
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).kinds(),
              ElementsAre("schedule_activity", "schedule_activity"));
  EXPECT_EQ(driver.run(Activation().activity_done(1, to_payload(std::string("1")))).size(), 0);
  EXPECT_EQ(
      driver.run(Activation().activity_done(2, to_payload(std::string("2")))).result<std::string>(),
      "12");
}

TEST(Activity, ItsFailureCarriesTheCauseAndFailsTheWorkflowWhereNobodyCatchesIt) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.activity(kGreet, "Ada");
  });
  driver.run(Activation().start("Text"));
  const auto done =
      driver.run(Activation().activity_failed(1, ApplicationFailure("Rude", "no greeting", true)));
  const auto& failure = done.only().fail_workflow_execution().failure();
  EXPECT_EQ(failure.activity_failure_info().activity_type().name(), "greet");
  EXPECT_EQ(failure.cause().message(), "no greeting");
  EXPECT_EQ(failure.cause().application_failure_info().type(), "Rude");
  EXPECT_TRUE(failure.cause().application_failure_info().non_retryable());
}

TEST(Activity, ItsFailureCanBeCaughtByTypeAndByCause) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    try {
      co_return co_await ctx.activity(kGreet, "Ada");
    } catch (const ActivityFailure& failure) {
      const auto* cause = find_failure<ApplicationFailure>(failure);
      co_return failure.activity_type + "/" + cause->type + "/" + cause->message;
    }
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().activity_failed(1, ApplicationFailure("Rude", "no")))
                .result<std::string>(),
            "greet/Rude/no");
}

TEST(Activity, WithoutATimeLimitFailsTheTaskAndNamesIt) {
  static constexpr ActivityType<None, None> kEndless{.name = "endless", .policy = {}};
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.activity(kEndless, None{});
    co_return "";
  });
  EXPECT_THAT(driver.run(Activation().start("Text")).failure(), HasSubstr("'endless'"));
}

TEST(Activity, AResultOfAnotherTypeFailsTheTaskNotTheWorkflow) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.activity(kGreet, "Ada");
  });
  driver.run(Activation().start("Text"));
  const auto done = driver.run(Activation().activity_done(1, to_payload(7)));
  EXPECT_FALSE(done.ok());
  EXPECT_THAT(done.failure(), HasSubstr("json/plain"));
}

TEST(Activity, AttemptGivesTheFailureAsAValue) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto outcome = co_await attempt(ctx.activity(kGreet, "Ada"));
    if (!outcome) {
      co_await ctx.sleep(1s);
      co_return outcome.failure().cause->message;
    }
    co_return outcome.value();
  });
  driver.run(Activation().start("Text"));
  const auto slept = driver.run(Activation().activity_failed(1, ApplicationFailure("Rude", "no")));
  EXPECT_EQ(slept.only().start_timer().start_to_fire_timeout().seconds(), 1);
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "no");
}

TEST(LocalActivity, IsScheduledWithItsAttempt) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.local_activity(kGreet, "Ada");
  });
  const auto started = driver.run(Activation().start("Text"));
  const auto& activity = started.only().schedule_local_activity();
  EXPECT_EQ(activity.seq(), 1u);
  EXPECT_EQ(activity.attempt(), 1u);
  EXPECT_EQ(activity.start_to_close_timeout().seconds(), 10);
  EXPECT_EQ(activity.cancellation_type(), coresdk::workflow_commands::WAIT_CANCELLATION_COMPLETED);
  EXPECT_EQ(driver.run(Activation().activity_done(1, to_payload(std::string("hi"))))
                .result<std::string>(),
            "hi");
}

TEST(LocalActivity, AFarRetryIsADurableTimerAndThenTheNextAttempt) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.local_activity(kGreet, "Ada");
  });
  driver.run(Activation().start("Text"));
  const auto waits = driver.run(Activation().activity_backs_off(1, 6, 90));
  EXPECT_EQ(waits.only().start_timer().seq(), 1u);
  EXPECT_EQ(waits.only().start_timer().start_to_fire_timeout().seconds(), 90);

  const auto again = driver.run(Activation().fire_timer(1));
  const auto& activity = again.only().schedule_local_activity();
  EXPECT_EQ(activity.seq(), 2u);
  EXPECT_EQ(activity.attempt(), 6u);
  EXPECT_EQ(activity.arguments(0).data(), "\"Ada\"");
  EXPECT_EQ(activity.original_schedule_time().seconds(), kNowSeconds);
  EXPECT_EQ(driver.run(Activation().activity_done(2, to_payload(std::string("hi"))))
                .result<std::string>(),
            "hi");
}

TEST(LocalActivity, CancellingWhileItWaitsForARetryCancelsTheTimer) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_return co_await ctx.local_activity(kGreet, "Ada");
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().activity_backs_off(1, 6, 90));
  EXPECT_THAT(driver.run(Activation().cancel()).kinds(),
              ElementsAre("cancel_timer", "cancel_workflow_execution"));
}

TEST(Timer, FiresOnceAndZeroNeedsNoTimer) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.sleep(0s);
    co_await ctx.sleep(1500ms);
    co_return "woken";
  });
  const auto started = driver.run(Activation().start("Text"));
  EXPECT_EQ(started.only().start_timer().start_to_fire_timeout().seconds(), 1);
  EXPECT_EQ(started.only().start_timer().start_to_fire_timeout().nanos(), 500'000'000);
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "woken");
}

TEST(Child, StartsWithItsOptionsThenGivesRunIdAndResult) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ChildOptions options;
    options.id = "doc:1";
    options.parent_close = ParentClose::kAbandon;
    options.id_reuse = IdReuse::kReject;
    options.run_timeout = 60s;
    options.retry = RetryPolicy{.attempts_max = 2};
    options.memo["note"] = to_payload(std::string("x"));
    options.search_attributes["Source"] = keyword("edi");
    const auto child = ctx.start_child(kNumber, 20, options);
    const auto run = co_await child.started();
    co_return run + "/" + std::to_string(co_await child.result()) + "/" + co_await child.started();
  });
  const auto started = driver.run(Activation().start("Text"));
  const auto& child = started.only().start_child_workflow_execution();
  EXPECT_EQ(child.seq(), 1u);
  EXPECT_EQ(child.namespace_(), "default");
  EXPECT_EQ(child.workflow_id(), "doc:1");
  EXPECT_EQ(child.workflow_type(), "Number");
  EXPECT_EQ(child.input(0).data(), "20");
  EXPECT_EQ(child.parent_close_policy(), coresdk::child_workflow::PARENT_CLOSE_POLICY_ABANDON);
  EXPECT_EQ(child.workflow_id_reuse_policy(),
            ::temporal::api::enums::v1::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE);
  EXPECT_EQ(child.workflow_run_timeout().seconds(), 60);
  EXPECT_FALSE(child.has_workflow_execution_timeout());
  EXPECT_EQ(child.retry_policy().maximum_attempts(), 2);
  EXPECT_EQ(child.memo().at("note").data(), "\"x\"");
  const auto& attribute = child.search_attributes().indexed_fields().at("Source");
  EXPECT_EQ(attribute.data(), "\"edi\"");
  EXPECT_EQ(attribute.metadata().at("type"), "Keyword");

  EXPECT_EQ(driver.run(Activation().child_started(1, "r-7")).size(), 0);
  EXPECT_EQ(driver.run(Activation().child_done(1, to_payload(42))).result<std::string>(),
            "r-7/42/r-7");
}

TEST(Child, OneThatIsAlreadyStartedIsAnErrorOfItsOwn) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    try {
      co_await ctx.execute_child(kNumber, 1, {.id = "doc:1"});
    } catch (const ChildAlreadyStarted& exists) {
      co_return exists.workflow_type + " " + exists.workflow_id;
    }
    co_return "started";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().child_exists(1, "Number", "doc:1")).result<std::string>(),
            "Number doc:1");
}

TEST(Child, ItsFailureIsAChildFailureWithTheCause) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    try {
      co_await ctx.execute_child(kNumber, 1, {.id = "doc:1"});
    } catch (const ChildFailure& failure) {
      co_return failure.cause->message;
    }
    co_return "";
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().child_started(1, "r"));
  EXPECT_EQ(driver.run(Activation().child_failed(1, ApplicationFailure("T", "broken")))
                .result<std::string>(),
            "broken");
}

TEST(Child, CanBeSignalledAndCancelledWithAReason) {
  static constexpr SignalType<int> kPoke{.name = "poke"};
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto child = ctx.start_child(kNumber, 1, {.id = "doc:1"});
    co_await child.started();
    co_await child.signal(kPoke, 5);
    child.cancel("enough");
    const auto outcome = co_await attempt(child.result());
    co_return outcome ? "done" : "ended";
  });
  driver.run(Activation().start("Text"));
  const auto signalled = driver.run(Activation().child_started(1, "r"));
  const auto& signal = signalled.only().signal_external_workflow_execution();
  EXPECT_EQ(signal.child_workflow_id(), "doc:1");
  EXPECT_EQ(signal.signal_name(), "poke");
  EXPECT_EQ(signal.args(0).data(), "5");
  const auto cancelled = driver.run(Activation().signal_sent(1));
  EXPECT_EQ(cancelled.only().cancel_child_workflow_execution().child_workflow_seq(), 1u);
  EXPECT_EQ(cancelled.only().cancel_child_workflow_execution().reason(), "enough");
  EXPECT_EQ(driver.run(Activation().child_failed(1, Cancelled())).result<std::string>(), "ended");
}

TEST(External, CanBeSignalledAndCancelledAndSaysWhereItIsNot) {
  static constexpr SignalType<int> kPoke{.name = "poke"};
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto other = ctx.external({.workflow_id = "other"});
    co_await other.cancel("why not");
    try {
      co_await other.signal(kPoke, 1);
    } catch (const ApplicationFailure& failure) {
      co_return failure.message;
    }
    co_return "sent";
  });
  const auto cancelled = driver.run(Activation().start("Text"));
  const auto& cancel = cancelled.only().request_cancel_external_workflow_execution();
  EXPECT_EQ(cancel.workflow_execution().workflow_id(), "other");
  EXPECT_EQ(cancel.workflow_execution().namespace_(), "default");
  EXPECT_EQ(cancel.reason(), "why not");
  const auto signalled = driver.run(Activation().cancel_sent(1));
  EXPECT_EQ(
      signalled.only().signal_external_workflow_execution().workflow_execution().workflow_id(),
      "other");
  EXPECT_EQ(driver.run(Activation().signal_not_sent(1)).result<std::string>(), "not found");
}

TEST(ContinueAsNew, EndsTheRunWithTheNextOnesArgument) {
  Driver driver;
  driver.add(kNumber, [](Context ctx, int n) -> Task<int> {
    co_await ctx.sleep(1s);
    ContinueAsNewOptions options;
    options.run_timeout = 9s;
    if (n < 3) ctx.continue_as_new(kNumber, n + 1, options);
    co_return n;
  });
  driver.run(Activation().start("Number", to_payload(1)));
  const auto next = driver.run(Activation().fire_timer(1));
  const auto& command = next.only().continue_as_new_workflow_execution();
  EXPECT_EQ(command.workflow_type(), "Number");
  EXPECT_EQ(command.task_queue(), "queue");
  EXPECT_EQ(command.arguments(0).data(), "2");
  EXPECT_EQ(command.workflow_run_timeout().seconds(), 9);
}

TEST(Patch, IsTakenAndRecordedOnAFirstRun) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const bool first = ctx.patched("p1");
    const bool again = ctx.patched("p1");
    ctx.deprecate_patch("p2");
    co_return first&& again ? "new" : "old";
  });
  const auto done = driver.run(Activation().start("Text"));
  EXPECT_THAT(done.kinds(),
              ElementsAre("set_patch_marker", "set_patch_marker", "complete_workflow_execution"));
  EXPECT_EQ(done[0].set_patch_marker().patch_id(), "p1");
  EXPECT_FALSE(done[0].set_patch_marker().deprecated());
  EXPECT_TRUE(done[1].set_patch_marker().deprecated());
}

TEST(Patch, OnReplayItIsTakenOnlyWhereHistoryHasIt) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const bool one = ctx.patched("p1");
    const bool two = ctx.patched("p2");
    co_return std::string(one ? "new" : "old") + (two ? "new" : "old");
  });
  const auto done = driver.run(Activation().start("Text").replaying().patch("p2"));
  EXPECT_THAT(done.kinds(), ElementsAre("set_patch_marker", "complete_workflow_execution"));
  EXPECT_EQ(from_payload<std::string>(from_wire(done[1].complete_workflow_execution().result())),
            "oldnew");
}

TEST(Fields, UpsertsAreCommandsAndTheRunSeesThem) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.upsert_memo({{"note", to_payload(std::string("x"))}});
    ctx.upsert_search_attributes({{"Status", keyword("parsed")}});
    ctx.upsert_memo({{"note", Payload{}}});
    co_return from_payload<std::string>(ctx.info().search_attributes.at("Status")) +
        std::to_string(ctx.info().memo.size());
  });
  const auto done = driver.run(Activation().start("Text"));
  EXPECT_THAT(done.kinds(),
              ElementsAre("modify_workflow_properties", "upsert_workflow_search_attributes",
                          "modify_workflow_properties", "complete_workflow_execution"));
  EXPECT_EQ(from_payload<std::string>(from_wire(done[3].complete_workflow_execution().result())),
            "parsed0");
}

TEST(Determinism, RandomNumbersComeFromTheSeed) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string numbers;
    for (int i = 0; i < 3; ++i) numbers += std::to_string(ctx.random()) + " ";
    co_await ctx.sleep(1s);
    co_return numbers + std::to_string(ctx.random());
  });
  driver.run(Activation().start("Text"));
  // SplitMix64 with seed 1234567: the published test vector of its reference implementation.
  EXPECT_EQ(driver.run(Activation().seed(1234567).fire_timer(1)).result<std::string>(),
            "6457827717110365317 3203168211198807973 9817491932198370423 6457827717110365317");
}

TEST(Determinism, AUuidIsVersionFourAndTheSameOnReplay) {
  const auto uuid = [] {
    Driver driver;
    driver.add(kText, [](Context ctx, None) -> Task<std::string> { co_return ctx.uuid(); });
    return driver.run(Activation().start("Text")).result<std::string>();
  };
  EXPECT_THAT(uuid(), ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]"
                                              "{3}-[0-9a-f]{12}"));
  EXPECT_EQ(uuid(), uuid());
}

TEST(Determinism, NowIsTheTasksTime) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto before = ctx.now();
    co_await ctx.sleep(1s);
    co_return std::to_string((ctx.now() - before) / 1s);
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().at(kNowSeconds + 61).fire_timer(1)).result<std::string>(),
            "61");
}

TEST(Info, SaysWhoTheRunIs) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const Info& info = ctx.info();
    co_return info.namespace_name + " " + info.task_queue + " " + info.workflow_id + " " +
        info.workflow_type + " " + info.run_id + " " + info.first_run_id + " " +
        std::to_string(info.attempt) + " " + std::to_string(info.history_events);
  });
  EXPECT_EQ(driver.run(Activation().start("Text")).result<std::string>(),
            "default queue wf-1 Text run-1 run-0 1 3");
}

TEST(Log, IsSilentWhileHistoryIsReplayed) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.log(LogLevel::kInfo, "began", {{"n", "1"}});
    co_await ctx.sleep(1s);
    ctx.log(LogLevel::kInfo, "woke");
    co_return "";
  });
  driver.run(Activation().start("Text").replaying());
  driver.run(Activation().fire_timer(1));
  EXPECT_THAT(driver.log.lines, ElementsAre("woke"));
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
