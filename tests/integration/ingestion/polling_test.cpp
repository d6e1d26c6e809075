#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "host/base/time.hpp"
#include "host/rollout/router.hpp"
#include "tests/integration/ingestion/flow_rig.hpp"

// Mission section 12: the polling workflow's claims.
namespace gantry::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PollingWorkflow : public ::testing::Test {
 protected:
  PollingWorkflow() {
    input.source = TemporalServer::unique("vendor");
    input.settings.interval = std::chrono::hours{1};
    rig.fetch = [this](const FetchInput& asked) {
      const std::lock_guard lock(mutex);
      cursors.push_back(asked.cursor);
      asked_for = asked;
      if (pages.empty()) {
        RecordPage nothing;
        nothing.cursor = asked.cursor;
        return nothing;
      }
      RecordPage next = std::move(pages.front());
      pages.pop_front();
      return next;
    };
  }
  ~PollingWorkflow() override {
    if (!handle.id.empty()) {
      (void)rig.client.terminate({handle.id}, "the test is over");
    }
  }

  void begin() {
    rig.start();
    auto options = rig.options(poll_workflow_id(input.source));
    handle = rig.client.start(kPolling, input, options).value();
  }
  static bool resting(const FlowStats& stats) { return !stats.next_poll.empty(); }

  FlowRig rig;
  PollingInput input;
  temporal::WorkflowHandle handle;
  std::mutex mutex;
  std::deque<RecordPage> pages;
  std::vector<std::string> cursors;
  FetchInput asked_for;
};

TEST_F(PollingWorkflow, FetchesUntilNothingMoreIsThereThenRestsForTheInterval) {
  pages = {page_of(3, "c1", true), page_of(2, "c2")};
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.iteration, 2);
  EXPECT_EQ(stats.total_processed, 5);
  EXPECT_EQ(stats.cursor, "c2");
  EXPECT_EQ(stats.state, FlowState::kRunning);
  EXPECT_FALSE(stats.last_success.empty());
  EXPECT_EQ(rig.tries("write_to_databases"), 5);
  EXPECT_EQ(cursors, (std::vector<std::string>{"", "c1"}));
}

TEST_F(PollingWorkflow, RecordsOfTheDirectPathShareOneActivityAndTheOthersHaveTheirChildren) {
  RecordPage page = page_of(60, "c1");
  page.rollout = 50;
  std::vector<RecordRef> with_child;
  for (const auto& record : page.records) {
    if (rollout::bucket_of(record.document_id) < 50) with_child.push_back(record);
  }
  ASSERT_FALSE(with_child.empty());
  ASSERT_LT(with_child.size(), page.records.size());
  pages = {page};
  input.settings.fanout = Fanout::kRecord;
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.total_processed, 60);
  EXPECT_EQ(rig.tries("ingest_directly"), 1);
  EXPECT_EQ(rig.tries("write_to_databases"), static_cast<int>(with_child.size()));
  for (const auto& record : page.records) {
    const bool child = std::ranges::find(with_child, record) != with_child.end();
    EXPECT_EQ(
        rig.client.describe({document_workflow_id(record.document_id, record.version)}).has_value(),
        child)
        << record.document_id;
  }
}

TEST_F(PollingWorkflow, AtZeroPerCentNoRecordHasAChildAndABadOneIsBuried) {
  RecordPage page = page_of(3, "c1");
  page.rollout = 0;
  pages = {page};
  rig.on("ingest_directly", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "unreadable", true);
  });
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.dead_letters, 3);
  EXPECT_EQ(rig.tries("ingest_directly"), 1);
  EXPECT_EQ(rig.tries("write_to_databases"), 0);
  ASSERT_EQ(rig.given_up.size(), 1U);
  EXPECT_THAT(rig.given_up.front().reason, HasSubstr("unreadable"));
}

TEST_F(PollingWorkflow, EachRecordOfASmallPageHasAChildOfItsOwn) {
  pages = {page_of(2, "c1")};
  const auto records = pages.front().records;
  begin();
  rig.until(handle, resting);
  for (const auto& record : records) {
    const auto child =
        rig.client.describe({document_workflow_id(record.document_id, record.version)}).value();
    EXPECT_EQ(child.parent_id, handle.id);
    EXPECT_EQ(child.search_attributes.at("Source").data, '"' + input.source + '"');
    EXPECT_EQ(child.search_attributes.at("DocumentId").data, '"' + record.document_id + '"');
  }
}

TEST_F(PollingWorkflow, APageOfMoreThan50RecordsGoesInBatchesOf100) {
  pages = {page_of(250, "c1")};
  begin();
  EXPECT_EQ(rig.until(handle, resting).total_processed, 250);
  EXPECT_EQ(rig.tries("write_to_databases"), 3);
}

TEST_F(PollingWorkflow, AnEmptyPageIsASuccessThatMovesNothing) {
  input.progress.stats.cursor = "c7";
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.total_processed, 0);
  EXPECT_EQ(stats.cursor, "c7");
  EXPECT_EQ(stats.failed, 0);
}

TEST_F(PollingWorkflow, AConnectorThatSaysMoreAndGivesNothingIsNotAskedForEver) {
  rig.fetch = [](const FetchInput& asked) { return page_of(0, asked.cursor, true); };
  begin();
  EXPECT_EQ(rig.until(handle, resting).iteration, 1);
}

TEST_F(PollingWorkflow, PollNowEndsTheRest) {
  begin();
  rig.until(handle, resting);
  rig.tell(handle, kPollNow);
  EXPECT_EQ(rig.until(handle, [](const auto& s) { return s.iteration == 2 && resting(s); }).state,
            FlowState::kRunning);
}

TEST_F(PollingWorkflow, APausedSourceIsNotPolledUntilItIsResumed) {
  begin();
  rig.until(handle, resting);
  rig.tell(handle, kPause);
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kPaused; });
  rig.tell(handle, kPollNow);
  EXPECT_EQ(rig.until(handle, [](const auto& s) { return s.next_poll.empty(); }).iteration, 1);
  rig.tell(handle, kResume);
  EXPECT_EQ(rig.until(handle, [](const auto& s) { return s.iteration == 2 && resting(s); }).state,
            FlowState::kRunning);
}

TEST_F(PollingWorkflow, ANewIntervalIsHeededInTheMiddleOfARest) {
  begin();
  rig.until(handle, resting);
  FlowSettings settings = input.settings;
  settings.interval = 100ms;
  rig.tell(handle, kReconfigure, settings);
  rig.until(handle, [](const auto& s) { return s.iteration >= 3; });
  EXPECT_EQ(rig.client.query({handle.id}, kGetSettings).value(), settings);
}

TEST_F(PollingWorkflow, After100RoundsTheNextRunGoesOnWithCursorAndCounts) {
  for (int i = 1; i <= 101; ++i) {
    pages.push_back(i % 50 == 0 ? page_of(1, "c" + std::to_string(i), true)
                                : page_of(0, "c" + std::to_string(i), i != 101));
  }
  begin();
  const auto stats =
      rig.until(handle, [](const auto& s) { return s.iteration == 101 && resting(s); });
  EXPECT_EQ(stats.cursor, "c101");
  EXPECT_EQ(stats.total_processed, 2);
  const auto now = rig.client.describe({handle.id}).value();
  EXPECT_NE(now.run_id, handle.run_id);
  EXPECT_EQ(now.search_attributes.count("Source"), 0U);  // this test set none, so none appeared
}

TEST_F(PollingWorkflow, APauseOutlivesTheRun) {
  input.progress.paused = true;
  begin();
  EXPECT_EQ(rig.until(handle, [](const auto&) { return true; }).state, FlowState::kPaused);
  EXPECT_EQ(rig.tries("fetch_new_records"), 0);
  rig.tell(handle, kResume);
  rig.until(handle, resting);
}

TEST_F(PollingWorkflow, RefusedCredentialsHoldTheSourceUntilSomebodyResumesIt) {
  rig.on("fetch_new_records", [](Context&) { throw plugin_failure("AUTH", "token refused"); });
  begin();
  const auto held = rig.until(handle, [](const auto& s) { return s.state == FlowState::kReauth; });
  EXPECT_THAT(held.last_error, HasSubstr("token refused"));
  EXPECT_TRUE(held.next_poll.empty());
  EXPECT_EQ(rig.tries("fetch_new_records"), 1);
  rig.on("fetch_new_records", {});
  rig.tell(handle, kResume);
  EXPECT_EQ(rig.until(handle, resting).last_error, "");
}

TEST_F(PollingWorkflow, NewSettingsEndReauthToo) {
  rig.on("fetch_new_records", [](Context&) { throw plugin_failure("AUTH", "token refused"); });
  begin();
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kReauth; });
  rig.on("fetch_new_records", {});
  rig.tell(handle, kReconfigure, input.settings);
  rig.until(handle, resting);
}

TEST_F(PollingWorkflow, AVendorThatSaysWaitIsNotAskedSoonerWhateverAnybodySays) {
  rig.on("fetch_new_records",
         [](Context&) { throw plugin_failure("RATE_LIMITED", "429", std::chrono::hours{2}); });
  begin();
  const auto waiting =
      rig.until(handle, [](const auto& s) { return s.state == FlowState::kRateLimited; });
  const auto until = parse_rfc3339(waiting.next_poll).value();
  const auto left = until - system_clock().now();
  EXPECT_LE(left, 15min);  // the cap
  EXPECT_GT(left, 13min);
  rig.tell(handle, kPollNow);
  rig.tell(handle, kPause);
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kPaused; });
  EXPECT_EQ(rig.tries("fetch_new_records"), 1);
}

TEST_F(PollingWorkflow, AfterTheVendorsWaitItGoesOnByItself) {
  std::atomic<bool> limited{true};
  rig.on("fetch_new_records", [&](Context&) {
    if (limited.exchange(false)) throw plugin_failure("RATE_LIMITED", "429", 1s);
  });
  begin();
  const auto stats =
      rig.until(handle, [](const auto& s) { return s.state == FlowState::kRunning && resting(s); });
  EXPECT_EQ(stats.iteration, 2);
  EXPECT_EQ(stats.failed, 1);
}

TEST_F(PollingWorkflow, AVendorThatIsAwayForAMomentIsTriedAgainUnnoticed) {
  rig.on("fetch_new_records", [](Context& context) {
    if (context.info().attempt < 3) {
      auto failure = plugin_failure("TRANSIENT", "502");
      failure.next_retry_delay = 1ms;
      throw failure;
    }
  });
  begin();
  EXPECT_EQ(rig.until(handle, resting).failed, 0);
  EXPECT_EQ(rig.tries("fetch_new_records"), 3);
}

TEST_F(PollingWorkflow, ACursorThatIsNotUnderstoodBeginsAgainFromTheStart) {
  input.progress.stats.cursor = "expired";
  rig.on("fetch_new_records", [this](Context&) {
    if (rig.tries("fetch_new_records") == 1) {
      throw plugin_failure("DATA", "unknown cursor", 0ms, std::string(kCursorCode));
    }
  });
  pages = {page_of(1, "fresh")};
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.cursor, "fresh");
  EXPECT_EQ(cursors, (std::vector<std::string>{""}));
}

TEST_F(PollingWorkflow, AWrongConfigurationIsShownAndTheWorkflowLives) {
  rig.on("fetch_new_records", [](Context&) { throw plugin_failure("CONFIG", "no such account"); });
  begin();
  const auto failed =
      rig.until(handle, [](const auto& s) { return s.state == FlowState::kFailed && resting(s); });
  EXPECT_THAT(failed.last_error, HasSubstr("no such account"));
  rig.on("fetch_new_records", {});
  rig.tell(handle, kReconfigure, input.settings);
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kRunning && resting(s); });
}

TEST_F(PollingWorkflow, WhatCameBeforeAFailureIsKeptAndTheCursorWithIt) {
  pages = {page_of(2, "c1")};
  pages.front().interruption = {"RATE_LIMITED", "", "429", 1h};
  begin();
  const auto stats =
      rig.until(handle, [](const auto& s) { return s.state == FlowState::kRateLimited; });
  EXPECT_EQ(stats.total_processed, 2);
  EXPECT_EQ(stats.cursor, "c1");
}

TEST_F(PollingWorkflow, APoisonRecordIsADeadLetterAndTheOthersAreStored) {
  pages = {page_of(3, "c1")};
  pages.front().dead_letters = 1;
  const auto& bad = pages.front().records[1];
  const std::string poison = document_workflow_id(bad.document_id, bad.version);
  rig.on("parse_document", [poison](Context& context) {
    if (context.info().workflow_id == poison) {
      throw ApplicationFailure(std::string(kValidationError), "no words", true);
    }
  });
  begin();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.total_processed, 2);
  EXPECT_EQ(stats.dead_letters, 2);
  EXPECT_EQ(rig.given_up.size(), 1U);
}

TEST_F(PollingWorkflow, ARecordThatComesTwiceIsSettledSoThatNothingStaysInStaging) {
  pages = {page_of(2, "c1", true)};
  pages.push_back(pages.front());
  pages.back().cursor = "c2";
  pages.back().more = false;
  begin();
  const auto stats =
      rig.until(handle, [](const auto& s) { return s.iteration == 2 && resting(s); });
  EXPECT_EQ(stats.total_processed, 4);
  EXPECT_EQ(stats.dead_letters, 0);
  EXPECT_EQ(rig.tries("write_to_databases"), 4);
  EXPECT_EQ(rig.tries("parse_document"), 2);
}

TEST_F(PollingWorkflow, AWorkerThatGoesBetweenFetchAndChildrenLosesNothing) {
  pages = {page_of(3, "c1")};
  std::atomic<bool> hold{true};
  std::atomic<int> held{0};
  rig.on("parse_document", [&](Context&) {
    if (!hold) return;
    ++held;
    throw ApplicationFailure("TRANSIENT", "this worker is going away");
  });
  input.settings.placement.parse_local = false;
  begin();
  while (held == 0) std::this_thread::yield();
  rig.stop();
  hold = false;
  rig.start();
  const auto stats = rig.until(handle, resting);
  EXPECT_EQ(stats.total_processed, 3);
  EXPECT_EQ(stats.cursor, "c1");
  EXPECT_EQ(rig.tries("fetch_new_records"), 1);
}

TEST_F(PollingWorkflow, ToldToStopItCompletesWithTheCursorForItsNextLife) {
  pages = {page_of(1, "c1")};
  begin();
  rig.until(handle, resting);
  rig.tell(handle, kStop);
  const auto outcome = rig.client.result(kPolling, {handle.id}, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->cursor, "c1");
  EXPECT_EQ(outcome.value->state, FlowState::kFinished);
}

TEST_F(PollingWorkflow, WithAChildForEachRecordAPageIsSmallEnoughForOneHistory) {
  input.settings.fanout = Fanout::kRecord;
  input.settings.budget.records_max = 100'000;
  begin();
  rig.until(handle, resting);
  EXPECT_EQ(asked_for.budget.records_max, kRecordFanoutPageMax);
}

TEST_F(PollingWorkflow, ADeliveryThatOnlySaysSomethingIsNewPollsTheSource) {
  begin();
  rig.until(handle, resting);
  WebhookIngestionInput delivery;
  delivery.source = input.source;
  delivery.delivery_id = TemporalServer::unique("evt");
  delivery.poll_now = true;
  const auto webhook = rig.client.start(kWebhookIngestion, delivery, rig.options()).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, webhook, kPatience).value().value);
  rig.until(handle, [](const auto& s) { return s.iteration == 2; });
}

TEST_F(PollingWorkflow, ADeliveryOfASourceThatNobodyPollsCompletesAllTheSame) {
  rig.start();
  WebhookIngestionInput delivery;
  delivery.source = input.source;
  delivery.delivery_id = TemporalServer::unique("evt");
  delivery.poll_now = true;
  const auto webhook = rig.client.start(kWebhookIngestion, delivery, rig.options()).value();
  EXPECT_TRUE(rig.client.result(kWebhookIngestion, webhook, kPatience).value().value);
}

}  // namespace
}  // namespace gantry::testing
