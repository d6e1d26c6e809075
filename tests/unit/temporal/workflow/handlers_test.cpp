#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// Queries, signals and updates.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr ActivityType<int, int> kDouble{.name = "double", .policy = {.start_to_close = 10s}};
constexpr QueryType<std::string> kStatus{.name = "status"};
constexpr QueryType<int> kLength{.name = "length"};
constexpr SignalType<int> kAdd{.name = "add"};
constexpr UpdateType<int, int> kRaise{.name = "raise"};

std::string answer(const Completion& completion) {
  const auto& reply = completion.only().respond_to_query();
  if (reply.has_failed()) return "failed: " + reply.failed().message();
  return reply.succeeded().response().data();
}

TEST(Query, SeesTheBodysProgressAndIssuesNothing) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string status = "pending";
    ctx.on_query(kStatus, [&status] { return status; });
    co_await ctx.sleep(1s);
    status = "woken";
    co_await ctx.sleep(1s);
    co_return status;
  });
  driver.run(Activation().start("Text"));
  const auto first = driver.run(Activation().query("q1", "status"));
  EXPECT_EQ(first.only().respond_to_query().query_id(), "q1");
  EXPECT_EQ(answer(first), "\"pending\"");
  driver.run(Activation().fire_timer(1));
  EXPECT_EQ(answer(driver.run(Activation().query("q2", "status"))), "\"woken\"");
}

TEST(Query, OfALocalStandsAsItWasWhenTheBodyReturned) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string status = "a status long enough to live on the heap";
    ctx.on_query(kStatus, [&status] { return status; });
    co_await ctx.sleep(1s);
    status = "completed, and long enough to live on the heap";
    co_return "done";
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().fire_timer(1));
  EXPECT_EQ(answer(driver.run(Activation().query("q", "status"))),
            "\"completed, and long enough to live on the heap\"");
}

TEST(Query, OfALocalAfterAFailureSaysWhatToUseInstead) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string status = "pending";
    ctx.on_query(kStatus, [&status] { return status; });
    co_await ctx.sleep(1s);
    throw ApplicationFailure("T", "broken");
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().fire_timer(1));
  EXPECT_THAT(answer(driver.run(Activation().query("q", "status"))), HasSubstr("Context::state"));
}

TEST(Query, OfKeptStateIsRightAfterAFailureToo) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto status = ctx.state(std::string("pending"));
    ctx.on_query(kStatus, status);
    ctx.on_query(kLength, status,
                 [](const std::string& text) { return static_cast<int>(text.size()); });
    co_await ctx.sleep(1s);
    *status = "failed";
    throw ApplicationFailure("T", "broken");
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().fire_timer(1));
  EXPECT_EQ(answer(driver.run(Activation().query("q", "status"))), "\"failed\"");
  EXPECT_EQ(answer(driver.run(Activation().query("q", "length"))), "6");
}

TEST(Query, OfALocalStandsAfterContinueAsNew) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    std::string status = "pending";
    ctx.on_query(kStatus, [&status] { return status; });
    co_await ctx.sleep(1s);
    status = "handed on";
    ctx.continue_as_new(kText, None{});
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().fire_timer(1));
  EXPECT_EQ(answer(driver.run(Activation().query("q", "status"))), "\"handed on\"");
}

TEST(Query, AnUnknownOneIsToldWhichThereAre) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_query(kStatus, [] { return std::string(); });
    co_await ctx.sleep(1s);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(answer(driver.run(Activation().query("q", "statsu"))),
            "failed: workflow 'Text' has no query 'statsu'; it answers: status");
}

TEST(Query, ThatStartsAnythingFailsAloneAndSaysWhat) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_query(kStatus, [ctx] {
      std::ignore = ctx.activity(kDouble, 1);
      return std::string();
    });
    co_await ctx.sleep(1s);
    co_return "fine";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(answer(driver.run(Activation().query("q", "status"))),
            "failed: query 'status' may only read; it tried to start activity 'double'");
  EXPECT_EQ(driver.run(Activation().fire_timer(1)).result<std::string>(), "fine");
}

TEST(Signal, ACoroutineHandlerRunsBesideTheBody) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    int sum = 0;
    ctx.on_signal(kAdd,
                  [&sum, ctx](int n) -> Task<void> { sum += co_await ctx.activity(kDouble, n); });
    co_await ctx.wait([&] { return sum > 0 && ctx.handlers_finished(); });
    co_return std::to_string(sum);
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(
      driver.run(Activation().signal("add", to_payload(3)).signal("add", to_payload(4))).size(), 2);
  EXPECT_EQ(driver.run(Activation().activity_done(2, to_payload(8))).size(), 0);
  EXPECT_EQ(driver.run(Activation().activity_done(1, to_payload(6))).result<std::string>(), "14");
}

TEST(Signal, APayloadThatDoesNotFitIsDroppedWithAWarning) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    int sum = 0;
    ctx.on_signal(kAdd, [&sum](int n) { sum += n; });
    co_await ctx.wait([&] { return sum > 0; });
    co_return std::to_string(sum);
  });
  driver.run(Activation().start("Text"));
  EXPECT_TRUE(driver.run(Activation().signal("add", to_payload(std::string("secret")))).ok());
  ASSERT_EQ(driver.log.lines.size(), 1u);
  EXPECT_THAT(driver.log.lines[0], HasSubstr("workflow_signal_dropped signal=add"));
  EXPECT_THAT(driver.log.lines[0], ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(driver.run(Activation().signal("add", to_payload(2))).result<std::string>(), "2");
}

TEST(Signal, AFailureInItsHandlerFailsTheWorkflow) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_signal(kAdd, [](int) { throw ApplicationFailure("T", "cannot add"); });
    co_await ctx.sleep(1h);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  EXPECT_EQ(driver.run(Activation().signal("add", to_payload(1)))
                .only()
                .fail_workflow_execution()
                .failure()
                .message(),
            "cannot add");
}

Task<std::string> level(Context ctx, None) {
  int level = 10;
  ctx.on_update(
      kRaise,
      [&level](int by) {
        if (by < 0) throw ApplicationFailure("Negative", "only up from " + std::to_string(level));
      },
      [&level, ctx](int by) -> Task<int> {
        if (by > 100) throw ApplicationFailure("TooHigh", "thin air");
        co_await ctx.sleep(1s);
        level += by;
        co_return level;
      });
  co_await ctx.wait([&] { return level > 10 && ctx.handlers_finished(); });
  co_return std::to_string(level);
}

TEST(Update, IsAcceptedThenCompletedWithItsHandlersValue) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text"));
  const auto accepted = driver.run(Activation().update("u1", "raise", to_payload(5)));
  EXPECT_THAT(accepted.kinds(), ElementsAre("update_response", "start_timer"));
  EXPECT_EQ(accepted[0].update_response().protocol_instance_id(), "u1");
  EXPECT_TRUE(accepted[0].update_response().has_accepted());
  const auto done = driver.run(Activation().fire_timer(1));
  EXPECT_THAT(done.kinds(), ElementsAre("update_response", "complete_workflow_execution"));
  EXPECT_EQ(done[0].update_response().completed().data(), "15");
}

TEST(Update, AValidatorsRefusalRejectsItAndRunsNothing) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text"));
  const auto refused = driver.run(Activation().update("u1", "raise", to_payload(-5)));
  EXPECT_EQ(refused.only().update_response().rejected().message(), "only up from 10");
  EXPECT_EQ(refused.only().update_response().rejected().application_failure_info().type(),
            "Negative");
}

TEST(Update, OnReplayTheValidatorIsNotAsked) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text").replaying());
  const auto accepted = driver.run(Activation().update("u1", "raise", to_payload(-5), false));
  EXPECT_THAT(accepted.kinds(), ElementsAre("update_response", "start_timer"));
}

TEST(Update, AFailureOfItsHandlerRejectsItAfterAcceptance) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text"));
  const auto failed = driver.run(Activation().update("u1", "raise", to_payload(500)));
  EXPECT_THAT(failed.kinds(), ElementsAre("update_response", "update_response"));
  EXPECT_TRUE(failed[0].update_response().has_accepted());
  EXPECT_EQ(failed[1].update_response().rejected().message(), "thin air");
}

TEST(Update, OneOfTheFirstActivationFindsTheHandlerThatTheBodySets) {
  Driver driver;
  driver.add(kText, level);
  const auto first = driver.run(Activation().start("Text").update("u1", "raise", to_payload(5)));
  EXPECT_THAT(first.kinds(), ElementsAre("update_response", "start_timer"));
  EXPECT_TRUE(first[0].update_response().has_accepted());
}

TEST(Update, AnUnknownOneIsRejectedAndToldWhichThereAre) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text"));
  const auto refused = driver.run(Activation().update("u1", "rise", to_payload(5)));
  EXPECT_EQ(refused.only().update_response().rejected().message(),
            "workflow 'Text' has no update 'rise'; it takes: raise");
}

TEST(Update, AnArgumentThatDoesNotFitIsRejected) {
  Driver driver;
  driver.add(kText, level);
  driver.run(Activation().start("Text"));
  const auto refused =
      driver.run(Activation().update("u1", "raise", to_payload(std::string("five"))));
  EXPECT_TRUE(refused.only().update_response().has_rejected());
}

TEST(Update, AValidatorThatChangesAnythingIsRefused) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_update(kRaise, [ctx](int) { std::ignore = ctx.timer(1s); }, [](int n) { return n; });
    co_await ctx.sleep(1h);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  const auto refused = driver.run(Activation().update("u1", "raise", to_payload(1)));
  EXPECT_EQ(refused.only().update_response().rejected().message(),
            "the validator of update 'raise' may only read; it tried to start a timer");
}

TEST(Handlers, AWorkflowThatEndsBeforeThemIsWarnedAbout) {
  Driver driver;
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.on_signal(kAdd, [ctx](int) -> Task<void> { co_await ctx.sleep(1h); });
    co_await ctx.sleep(1s);
    co_return "";
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().signal("add", to_payload(1)));
  driver.run(Activation().fire_timer(1));
  EXPECT_THAT(driver.log.lines, ElementsAre("workflow_ends_before_its_handlers handlers=1"));
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
