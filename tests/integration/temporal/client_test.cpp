#include <gmock/gmock.h>
#include <temporal/api/history/v1/message.pb.h>

#include <atomic>
#include <future>

#include "tests/integration/temporal/rig.hpp"

namespace gantry::testing {
namespace {

using temporal::Cancelled;
using temporal::ClosedPolicy;
using temporal::find_failure;
using temporal::RunningPolicy;
using temporal::WorkflowStatus;
using ::testing::HasSubstr;

constexpr SignalType<std::string> kFinish{"finish"};
constexpr SignalType<std::string> kKnock{"knock"};
constexpr QueryType<int> kSignals{"signals"};
constexpr UpdateType<std::string, std::string> kEcho{"echo"};

TEST(Client, StartSignalAndResult) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  EXPECT_TRUE(handle.started);
  ASSERT_TRUE(client.signal(handle, kFinish, "well"));
  const auto outcome = client.result(kWait, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json("well"));
}

TEST(Client, TheFirstTaskComesBackWithTheStart) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  ::temporal::api::history::v1::History history;
  ASSERT_TRUE(history.ParseFromString(client.fetch_history(handle).value()));
  EXPECT_TRUE(
      history.events(0).workflow_execution_started_event_attributes().eager_execution_accepted());
  ASSERT_TRUE(client.signal(handle, kFinish, "well"));
  EXPECT_TRUE(client.result(kWait, handle, kPatience).value().value);
}

TEST(Client, ASecondStartIsAConflictThatNamesTheRun) {
  Rig rig;
  auto client = rig.client();
  const auto options = rig.start_options();
  const auto first = client.start(kWait, Json(), options).value();
  const auto second = client.start(kWait, Json(), options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(second.error().what, HasSubstr(first.run_id));
}

TEST(Client, ASecondStartMayTakeWhatRuns) {
  Rig rig;
  auto client = rig.client();
  auto options = rig.start_options();
  options.running = RunningPolicy::kUseExisting;
  const auto first = client.start(kWait, Json(), options).value();
  const auto second = client.start(kWait, Json(), options).value();
  EXPECT_EQ(second.run_id, first.run_id);
  EXPECT_FALSE(second.started);
}

TEST(Client, AnIdThatClosedMayBeRefusedForGood) {
  Rig rig;
  auto client = rig.client();
  auto options = rig.start_options();
  options.closed = ClosedPolicy::kReject;
  const auto first = client.start(kWait, Json(), options).value();
  ASSERT_TRUE(client.terminate(first, "over"));
  const auto refused = client.start(kWait, Json(), options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  options.running = RunningPolicy::kUseExisting;
  const auto found = client.start(kWait, Json(), options).value();
  EXPECT_FALSE(found.started);
  EXPECT_EQ(found.run_id, first.run_id);
}

TEST(Client, ManyStartsMayBeInFlightFromOneThread) {
  Rig rig;
  auto client = rig.client();
  std::promise<void> all;
  std::atomic<int> left{50};
  std::atomic<int> started{0};
  for (int i = 0; i < 50; ++i) {
    client.start_async(kWait, Json(), rig.start_options(),
                       [&](const Result<temporal::WorkflowHandle>& handle) {
                         if (handle && handle->started) ++started;
                         if (--left == 0) all.set_value();
                       });
  }
  all.get_future().wait();
  EXPECT_EQ(started, 50);
}

TEST(Client, AQueryAnswersWhileItRunsAndAfterItClosed) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  ASSERT_TRUE(client.signal(handle, kKnock, ""));
  EXPECT_EQ(client.query(handle, kSignals).value(), 1);
  ASSERT_TRUE(client.signal(handle, kFinish, ""));
  ASSERT_TRUE(client.result(kWait, handle, kPatience));
  EXPECT_EQ(client.query(handle, kSignals).value(), 2);
}

TEST(Client, AQueryTheWorkflowRefusesSaysWhy) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  const auto answer = client.query(handle, "broken", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(answer.error().upstream, HasSubstr("no such query"));
}

TEST(Client, AnUpdateAnswersItsCaller) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  const auto outcome = client.update(handle, kEcho, "hello", kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, "hello");
  const auto refused =
      client.update(handle, UpdateType<std::string, std::string>{"refuse"}, "", kPatience).value();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->message, "refused");
}

TEST(Client, SignalWithStartStartsOnce) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto options = rig.start_options();
  const auto first = client.signal_with_start(kWait, Json(), kKnock, "", options).value();
  const auto second = client.signal_with_start(kWait, Json(), kKnock, "", options).value();
  EXPECT_TRUE(first.started);
  EXPECT_FALSE(second.started);
  EXPECT_EQ(first.run_id, second.run_id);
  EXPECT_EQ(client.query(first, kSignals).value(), 2);
}

TEST(Client, AResultFollowsContinueAsNew) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kAgain, 2, rig.start_options()).value();
  const auto outcome = client.result(kAgain, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, "done");
}

TEST(Client, AResultThatDoesNotComeIsATimeout) {
  Rig rig;
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  const auto outcome = client.result(kWait, handle, 200ms);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kTimeout);
}

TEST(Client, CancellationEndsAsCancelled) {
  Rig rig;
  rig.start();
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  ASSERT_TRUE(client.cancel(handle));
  const auto outcome = client.result(kWait, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_NE(find_failure<Cancelled>(*outcome.failure), nullptr);
  EXPECT_EQ(client.describe(handle)->status, WorkflowStatus::kCancelled);
}

TEST(Client, TerminationKeepsItsReason) {
  Rig rig;
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  ASSERT_TRUE(client.terminate(handle, "by hand"));
  const auto outcome = client.result(kWait, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->message, "by hand");
}

TEST(Client, DescribeTellsWhatTheStartSaid) {
  Rig rig;
  auto client = rig.client();
  auto options = rig.start_options();
  options.memo["note"] = temporal::to_payload(std::string("remember"));
  options.search_attributes["Source"] = temporal::keyword_attribute("frontapp");
  const auto handle = client.start(kWait, Json(), options).value();
  const auto found = client.describe(handle).value();
  EXPECT_EQ(found.id, handle.id);
  EXPECT_EQ(found.run_id, handle.run_id);
  EXPECT_EQ(found.type, "Wait");
  EXPECT_EQ(found.task_queue, rig.queue);
  EXPECT_EQ(found.status, WorkflowStatus::kRunning);
  EXPECT_FALSE(found.closed_at);
  EXPECT_EQ(temporal::from_payload<std::string>(found.memo.at("note")), "remember");
  EXPECT_EQ(temporal::from_payload<std::string>(found.search_attributes.at("Source")), "frontapp");
}

TEST(Client, ABacklogIsWhatNoWorkerTakes) {
  Rig rig;
  auto client = rig.client();
  ASSERT_TRUE(client.start(kWait, Json(), rig.start_options()));
  ASSERT_TRUE(client.start(kWait, Json(), rig.start_options()));
  const auto until = std::chrono::steady_clock::now() + kPatience;
  temporal::Backlog found;
  while (found.tasks != 2 && std::chrono::steady_clock::now() < until) {
    found = client.backlog(rig.queue, temporal::TaskKind::kWorkflow).value();
  }
  EXPECT_EQ(found.tasks, 2);
  EXPECT_EQ(client.backlog(rig.queue, temporal::TaskKind::kActivity).value().tasks, 0);
  EXPECT_EQ(client.backlog("a-queue-of-nobody", temporal::TaskKind::kWorkflow).value().tasks, 0);
}

TEST(Client, AListFindsBySearchAttribute) {
  Rig rig;
  auto client = rig.client();
  auto options = rig.start_options();
  options.search_attributes["DocumentId"] = temporal::keyword_attribute(options.id);
  const auto handle = client.start(kWait, Json(), options).value();
  const auto query = "DocumentId = '" + options.id + "'";
  // Visibility follows the start by a moment.
  std::vector<temporal::WorkflowDescription> found;
  while (found.empty()) found = client.list(query, 10).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].run_id, handle.run_id);
  EXPECT_EQ(client.count(query).value(), 1);
}

TEST(Client, WhatDoesNotExistIsNotFound) {
  auto connection = TemporalServer::shared().connect();
  temporal::Client client(*connection);
  const auto found = client.describe({"nobody"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(found.error().what, HasSubstr("'nobody'"));
}

TEST(Client, KeywordsAreCreatedOnce) {
  auto connection = TemporalServer::shared().connect();
  temporal::Client client(*connection);
  EXPECT_TRUE(client.ensure_keywords({"Source", "Carrier"}));
  EXPECT_TRUE(client.ensure_keywords({"Source", "Carrier"}));
}

TEST(Client, ANamespaceIsCreatedOnce) {
  auto options = TemporalServer::shared().options();
  options.name_space = TemporalServer::unique("space");
  auto connection = temporal::Connection::open(options, {}).value();
  temporal::Client client(*connection);
  EXPECT_EQ(client.describe_namespace().error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(client.ensure_namespace(std::chrono::hours(24)));
  EXPECT_TRUE(client.ensure_namespace(std::chrono::hours(24)));
  EXPECT_TRUE(client.describe_namespace());
}

TEST(Client, ServerInfoNamesTheVersion) {
  auto connection = TemporalServer::shared().connect();
  const auto info = temporal::Client(*connection).server_info().value();
  EXPECT_FALSE(info.version.empty());
  EXPECT_TRUE(info.eager_start);
}

TEST(Client, AVersionedWorkerGetsTheWorkOnceItsVersionIsCurrent) {
  Rig rig;
  auto& core = rig.options.core;
  core.deployment_name = TemporalServer::unique("deployment");
  core.build_id = "build-1";
  core.use_versioning = true;
  core.default_versioning = temporal::bridge::WorkerOptions::Versioning::kPinned;
  rig.start();
  auto client = rig.client();
  // The server learns of the version with the worker's first poll.
  Result<void> set = client.set_current_version(core.deployment_name, core.build_id);
  while (!set && set.error().kind == ErrorKind::kNotFound) {
    set = client.set_current_version(core.deployment_name, core.build_id);
  }
  ASSERT_TRUE(set) << set.error().message();
  const auto handle = client.start(kAgain, 0, rig.start_options()).value();
  EXPECT_TRUE(client.result(kAgain, handle, kPatience).value().value);
}

TEST(Client, AClosedConnectionEndsWhatWaits) {
  Rig rig;
  auto client = rig.client();
  const auto handle = client.start(kWait, Json(), rig.start_options()).value();
  auto waiting = std::async(std::launch::async,
                            [&] { return client.result(kWait, handle, std::chrono::hours(1)); });
  rig.connection->close();
  const auto outcome = waiting.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace gantry::testing
