#include <gmock/gmock.h>

#include "tests/integration/workflow/rig.hpp"

/// Every workflow shape against a real server.
namespace gantry::temporal::workflow::testing {
namespace {

using ::testing::HasSubstr;

TEST(Workflows, RetryTheirActivities) {
  Rig rig;
  rig.start();
  EXPECT_EQ(rig.finish(kGreeting, rig.begin(kGreeting, "Ada")), "Hello, Ada. Hello, Ada. ");
}

TEST(Workflows, RunThirtyChildrenTenAtATime) {
  Rig rig;
  rig.start();
  // The sum of 2…31.
  EXPECT_EQ(rig.finish(kParent, rig.begin(kParent, 30)), 495);
}

TEST(Workflows, AnswerQueriesWhileTheyRunAndAfterTheyClosed) {
  Rig rig;
  rig.start();
  const auto handle = rig.begin(kStages, None{});
  EXPECT_EQ(rig.client.query(handle, kStage).value(), "waiting");
  ASSERT_TRUE(rig.client.signal(handle, kGo, None{}));
  EXPECT_EQ(rig.finish(kStages, handle), "done");
  EXPECT_EQ(rig.client.query(handle, kStage).value(), "done");
}

TEST(Workflows, TakeSignalsAndUpdatesAndContinueAsNew) {
  Rig rig;
  rig.start();
  const auto handle = rig.begin(kCounter, 0);
  const WorkflowHandle latest{.id = handle.id};
  ASSERT_TRUE(rig.client.signal(latest, kAdd, 5));
  const auto told = rig.client.update(latest, kAddAndTell, 9, kPatience).value();
  EXPECT_EQ(told.value, 15);
  const auto refused = rig.client.update(latest, kAddAndTell, -1, kPatience).value();
  ASSERT_TRUE(refused.failure);
  EXPECT_THAT(refused.failure->message, HasSubstr("only up"));
  ASSERT_TRUE(rig.client.signal(latest, kAdd, 10));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (rig.client.describe(latest).value().run_id == handle.run_id) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  ASSERT_TRUE(rig.client.signal(latest, kAdd, 75));
  // 5 + (9 + 1) + 10, then a new run; 75 more makes 100.
  EXPECT_EQ(rig.finish(kCounter, handle), 100);
  EXPECT_EQ(rig.client.describe(handle).value().status, WorkflowStatus::kContinuedAsNew);
}

TEST(Workflows, CleanUpWhenTheyAreCancelled) {
  Rig rig;
  rig.start();
  const auto handle = rig.begin(kGuarded, None{});
  ASSERT_TRUE(rig.client.cancel(handle));
  EXPECT_THROW(rig.finish(kGuarded, handle), Cancelled);
  const auto description = rig.client.describe(handle).value();
  EXPECT_EQ(description.status, WorkflowStatus::kCancelled);
  EXPECT_EQ(from_payload<int>(description.memo.at("tidied")), 2);
}

TEST(Workflows, AnIncompatibleChangeFailsTheTaskAndNamesWorkflowAndEvent) {
  const std::string queue = gantry::testing::TemporalServer::unique("changing");
  WorkflowHandle handle;
  {
    Rig before(queue);
    before.workflows.add(kChanging, [](Context ctx, None) -> Task<std::string> {
      ctx.on_query(kStage, [] { return std::string("up"); });
      co_await ctx.timer(std::chrono::hours(1));
      co_return "old";
    });
    before.options.core.cached_workflows_max = 0;
    before.start();
    handle = before.begin(kChanging, None{});
    before.await_query(handle, kStage, std::string("up"));
  }
  Rig after(queue);
  after.workflows.add(kChanging, [](Context ctx, None) -> Task<std::string> {
    co_await ctx.activity(kNext, 1);
    co_return "new";
  });
  after.start();
  ASSERT_TRUE(after.client.signal(handle, kGo, None{}));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (after.log.containing("workflow_nondeterminism").empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  const auto line = after.log.containing("workflow_nondeterminism");
  EXPECT_THAT(line, HasSubstr(handle.id + " Changing "));
  // Event 5 is the timer that only the old code starts.
  EXPECT_THAT(line, HasSubstr("id: 5"));
  EXPECT_EQ(after.client.describe(handle).value().status, WorkflowStatus::kRunning);
  EXPECT_TRUE(after.client.terminate(handle, "seen enough"));
}

TEST(Workflows, RunOnTheBuildThatIsCurrent) {
  Rig rig;
  const std::string deployment = gantry::testing::TemporalServer::unique("deployment");
  rig.options.core.deployment_name = deployment;
  rig.options.core.build_id = "build-7";
  rig.options.core.use_versioning = true;
  rig.options.core.default_versioning = bridge::WorkerOptions::Versioning::kAutoUpgrade;
  rig.start();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!rig.client.set_current_version(deployment, "build-7")) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_EQ(rig.finish(kBuild, rig.begin(kBuild, None{})), "build-7");
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
