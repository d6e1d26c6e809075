#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "tests/integration/ingestion/rig.hpp"

// Mission section 8: four steps, status, retries per activity.
namespace gantry::testing {
namespace {

using temporal::WorkflowStatus;

DocumentIngestionInput remote_document() {
  DocumentIngestionInput input = one_document();
  input.placement = {false, false, false, false, false};
  return input;
}

/// Asks until the status is `wanted`; the answer before that is lost time, not a failure.
std::string status_until(IngestionRig& rig, const temporal::WorkflowHandle& handle,
                         const std::string& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string last;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto status = rig.client.query(handle, kGetStatus);
    if (status) last = status->status;
    if (last == wanted) break;
  }
  return last;
}

class Placed : public ::testing::TestWithParam<bool> {
 protected:
  DocumentIngestionInput input() const { return GetParam() ? one_document() : remote_document(); }
};

TEST_P(Placed, RunsTheFourStagesOnceAndCompletes) {
  IngestionRig rig;
  rig.start();
  const auto document = input();
  const auto handle = rig.client.start(kDocumentIngestion, document, rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value) << outcome.failure->message;
  EXPECT_EQ(outcome.value->records.at(0).outcome, "stored");
  for (const char* stage :
       {"parse_document", "extract_entities", "generate_embeddings", "write_to_databases"}) {
    EXPECT_EQ(rig.tries(stage), 1) << stage;
  }
  const auto status = rig.client.query(handle, kGetStatus).value();
  EXPECT_EQ(status.status, "completed");
  EXPECT_EQ(status.source, "front");
  EXPECT_EQ(status.document_id, document.records[0].document_id);
}

TEST_P(Placed, AValidationErrorIsNotTriedAgainAndBuriesTheRecord) {
  IngestionRig rig;
  rig.on("parse_document", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "empty content", true);
  });
  rig.start();
  const auto handle = rig.client.start(kDocumentIngestion, input(), rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(rig.tries("parse_document"), 1);
  EXPECT_EQ(rig.tries("extract_entities"), 0);
  ASSERT_EQ(rig.given_up.size(), 1u);
  EXPECT_EQ(rig.given_up[0].reason, "empty content");
  EXPECT_EQ(rig.client.query(handle, kGetStatus).value().status, "failed");
}

TEST_P(Placed, AModelThatFailsIsTriedFiveTimes) {
  IngestionRig rig;
  rig.on("generate_embeddings", [](Context& context) {
    if (context.info().attempt < 5) {
      ApplicationFailure failure("Unavailable", "model away");
      failure.next_retry_delay = 1ms;
      throw failure;
    }
  });
  rig.start();
  const auto handle = rig.client.start(kDocumentIngestion, input(), rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(rig.tries("generate_embeddings"), 5);
  EXPECT_TRUE(rig.given_up.empty());
}

/// Fails every try up to the `last`, and wants the next one at once.
IngestionRig::Behaviour fails_until(int last, std::string type, std::atomic<int>& tries) {
  return [last, type = std::move(type), &tries](Context&) {
    if (++tries > last) return;
    ApplicationFailure failure(type, "documents/embedded: away");
    failure.next_retry_delay = 1ms;
    throw failure;
  };
}

TEST_P(Placed, AStoreThatIsAwayIsWaitedForAndTheRecordIsStored) {
  IngestionRig rig;
  std::atomic<int> tries = 0;
  rig.on("write_to_databases", fails_until(12, "unavailable", tries));
  rig.start();
  const auto handle = rig.client.start(kDocumentIngestion, input(), rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value) << outcome.failure->message;
  EXPECT_EQ(outcome.value->records.at(0).outcome, "stored");
  EXPECT_EQ(rig.tries("write_to_databases"), 13);
  EXPECT_TRUE(rig.given_up.empty());
}

TEST_P(Placed, AStoreThatStaysAwayBuriesTheRecordOnceItsPatienceIsOver) {
  IngestionRig rig;
  std::atomic<int> tries = 0;
  rig.on("write_to_databases", fails_until(1'000'000, "unavailable", tries));
  rig.start();
  auto document = input();
  document.placement.patience = 1'500ms;
  const auto handle = rig.client.start(kDocumentIngestion, document, rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_GT(rig.tries("write_to_databases"), 3);
  ASSERT_EQ(rig.given_up.size(), 1u);
  EXPECT_EQ(rig.given_up[0].reason, "documents/embedded: away");
  EXPECT_EQ(rig.given_up[0].records.size(), 1u);
}

TEST_P(Placed, WhatNoTimeMendsIsTriedThreeTimesAndBuried) {
  IngestionRig rig;
  std::atomic<int> tries = 0;
  rig.on("write_to_databases", fails_until(1'000'000, "std::logic_error", tries));
  rig.start();
  const auto handle = rig.client.start(kDocumentIngestion, input(), rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(rig.tries("write_to_databases"), 3);
  EXPECT_EQ(rig.given_up.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(DocumentIngestionWorkflow, Placed, ::testing::Values(true, false),
                         [](const auto& param) { return param.param ? "Local" : "Regular"; });

TEST(DocumentIngestionWorkflow, TheStatusFollowsTheStages) {
  IngestionRig rig;
  std::latch in_extract(1);
  std::latch go_on(1);
  rig.on("extract_entities", [&](Context&) {
    in_extract.count_down();
    go_on.wait();
  });
  // Nobody serves it yet: started, and pending.
  const auto handle =
      rig.client.start(kDocumentIngestion, remote_document(), rig.options()).value();
  EXPECT_EQ(rig.client.describe(handle).value().status, WorkflowStatus::kRunning);
  rig.start();
  in_extract.wait();
  EXPECT_EQ(status_until(rig, handle, "parsed"), "parsed");
  go_on.count_down();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, handle, kPatience).value().value);
  EXPECT_EQ(rig.client.query(handle, kGetStatus).value().status, "completed");
}

TEST(DocumentIngestionWorkflow, WhileItWaitsTheServerSaysForWhatAndUntilWhen) {
  IngestionRig rig;
  rig.on("write_to_databases", [](Context&) {
    throw ApplicationFailure("unavailable", "documents/postgres: nobody listens");
  });
  rig.start();
  const auto handle =
      rig.client.start(kDocumentIngestion, remote_document(), rig.options()).value();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::vector<temporal::PendingActivity> pending;
  while (std::chrono::steady_clock::now() < deadline &&
         (pending.empty() || !pending[0].next_attempt_at)) {
    pending = rig.client.describe(handle).value().pending_activities;
  }
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].type, "write_to_databases");
  EXPECT_GE(pending[0].attempt, 2);
  EXPECT_EQ(pending[0].last_failure, "documents/postgres: nobody listens");
  ASSERT_TRUE(pending[0].next_attempt_at);
  EXPECT_LT(*pending[0].next_attempt_at - system_clock().now(), 1min);
  ASSERT_TRUE(rig.client.terminate(handle, "seen"));
}

TEST(DocumentIngestionWorkflow, AnActivityThatTakesTooLongIsTimedOutAndTriedAgain) {
  IngestionRig rig;
  rig.on("parse_document", [](Context& context) {
    // The first try hangs until the server's start-to-close time has passed.
    if (context.info().attempt == 1) context.cancelled_within(40'000ms);
  });
  rig.start();
  const auto handle =
      rig.client.start(kDocumentIngestion, remote_document(), rig.options()).value();
  const auto outcome = rig.client.result(kDocumentIngestion, handle, kPatience * 2).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(rig.tries("parse_document"), 2);
}

}  // namespace
}  // namespace gantry::testing
