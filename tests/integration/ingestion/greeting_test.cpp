#include <gtest/gtest.h>

#include "tests/integration/ingestion/rig.hpp"

// Mission section 5: the hello-world claims.
namespace gantry::testing {
namespace {

TEST(GreetingWorkflow, GreetsByNameAndLeavesACompleteHistory) {
  IngestionRig rig;
  rig.start();
  const auto handle = rig.client.start(kGreeting, "Ada", rig.options()).value();
  const auto outcome = rig.client.result(kGreeting, handle, kPatience).value();
  EXPECT_EQ(outcome.value, "Hello, Ada!");
  const auto description = rig.client.describe(handle).value();
  EXPECT_EQ(description.type, "GreetingWorkflow");
  EXPECT_EQ(description.status, temporal::WorkflowStatus::kCompleted);
  // Started, task ×3, activity ×3, task ×3, completed.
  EXPECT_EQ(description.history_events, 11);
}

TEST(GreetingWorkflow, TriesAFailingActivityThreeTimesAndThenFails) {
  IngestionRig rig;
  rig.on("greet_activity", [](Context&) { throw ApplicationFailure("Tired", "not today"); });
  rig.start();
  const auto handle = rig.client.start(kGreeting, "Ada", rig.options()).value();
  const auto outcome = rig.client.result(kGreeting, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  const auto* cause = temporal::find_failure<ApplicationFailure>(*outcome.failure);
  ASSERT_NE(cause, nullptr);
  EXPECT_EQ(cause->message, "not today");
  EXPECT_EQ(rig.tries("greet_activity"), 3);
}

TEST(GreetingWorkflow, ASecondTryThatSucceedsIsEnough) {
  IngestionRig rig;
  rig.on("greet_activity", [](Context& context) {
    if (context.info().attempt == 1) throw std::runtime_error("a passing fault");
  });
  rig.start();
  const auto handle = rig.client.start(kGreeting, "Ada", rig.options()).value();
  EXPECT_EQ(rig.client.result(kGreeting, handle, kPatience).value().value, "Hello, Ada!");
  EXPECT_EQ(rig.tries("greet_activity"), 2);
}

TEST(GreetingWorkflow, AnExecutionTimeoutEndsIt) {
  IngestionRig rig;  // no worker: nobody serves it
  auto options = rig.options();
  options.execution_timeout = 1'000ms;
  const auto handle = rig.client.start(kGreeting, "Ada", options).value();
  const auto outcome = rig.client.result(kGreeting, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_NE(temporal::find_failure<temporal::TimeoutFailure>(*outcome.failure), nullptr);
}

}  // namespace
}  // namespace gantry::testing
