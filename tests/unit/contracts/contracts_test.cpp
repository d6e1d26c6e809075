#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/contracts/batch.hpp"
#include "host/contracts/document.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/contracts/polling.hpp"
#include "host/contracts/streaming.hpp"

namespace gantry {
namespace {

Document sample() {
  Document document;
  document.id = document_id("front", "message", "msg:1/2");
  document.source = "front";
  document.kind = "message";
  document.title = "Late";
  document.text = "Driver at gate";
  document.content_type = "text/plain";
  document.occurred_at = Instant(std::chrono::nanoseconds(1'767'225'598'900'000'000));
  document.participants = {{"from", "Dee", "d@x.example", "tea_1"}};
  document.metadata = R"({"tags":["late"]})";
  document.raw = std::string("\x00\xff raw", 6);
  document.version = 7;
  document.received_at = Instant(std::chrono::nanoseconds(1'767'225'600'000'000'001));
  return document;
}

TEST(Document, ItsIdIsSourceKindAndKey) { EXPECT_EQ(sample().id, "front:message:msg:1/2"); }

TEST(Document, JsonKeepsEveryFieldAndBinaryBytes) {
  const Json json = sample();
  EXPECT_EQ(json.at("occurred_at"), "2025-12-31T23:59:58.900Z");
  EXPECT_EQ(json.at("raw"), "AP8gcmF3");
  EXPECT_EQ(json.get<Document>(), sample());
}

TEST(Document, ItsContentHashIgnoresTheArrivalAndNothingElse) {
  Document other = sample();
  other.received_at += std::chrono::hours(1);
  EXPECT_EQ(content_hash(other), content_hash(sample()));
  other.text += '!';
  EXPECT_NE(content_hash(other), content_hash(sample()));
}

TEST(Contracts, AnOlderHistoryWithoutNewerFieldsIsRead) {
  const auto input =
      Json::parse(R"({"source":"front","delivery_id":"evt_1"})").get<WebhookIngestionInput>();
  EXPECT_EQ(input.fanout, Fanout::kRecord);
  EXPECT_TRUE(input.placement.write_local);
  EXPECT_EQ(input.placement.patience, std::chrono::hours(7 * 24));
  EXPECT_EQ(input.priority, "normal");
}

TEST(Contracts, WorkflowIdsAreTheDesigns) {
  EXPECT_EQ(webhook_workflow_id("front", "evt_1"), "webhook:front:evt_1");
  EXPECT_EQ(document_workflow_id("front:message:m", 7), "doc:front:message:m@7");
}

TEST(Contracts, PoliciesAreTheDesigns) {
  using namespace std::chrono_literals;
  EXPECT_EQ(kParseDocument.policy.start_to_close, 30s);
  EXPECT_EQ(kParseDocument.policy.retry.attempts_max, 3);
  EXPECT_EQ(kExtractEntities.policy.start_to_close, 2min);
  EXPECT_EQ(kGenerateEmbeddings.policy.start_to_close, 3min);
  EXPECT_EQ(kGenerateEmbeddings.policy.retry.attempts_max, 5);
  EXPECT_EQ(kWriteToDatabases.policy.start_to_close, 5min);
  EXPECT_EQ(kWriteToDatabases.policy.retry.initial_interval, 5s);
  EXPECT_EQ(kWriteToDatabases.policy.retry.interval_max, 1min);
  EXPECT_EQ(kPatientRetry.attempts_max, 0);
  EXPECT_EQ(kPatientRetry.interval_max, 1min);
}

TEST(Flows, ACursorOfAnyBytesTravelsAndOneOfTextStaysReadable) {
  EXPECT_EQ(cursor_text("page=7"), "page=7");
  EXPECT_EQ(cursor_text(std::string("\x00\xff", 2)), "base64:AP8=");
  for (const std::string& cursor : {std::string("page=7"), std::string("\x00\xff", 2),
                                    std::string("base64:x"), std::string()}) {
    EXPECT_EQ(cursor_from_text(cursor_text(cursor)), cursor);
    PollingInput input;
    input.progress.stats.cursor = cursor;
    EXPECT_EQ(Json(input).get<PollingInput>().progress.stats.cursor, cursor);
  }
}

TEST(Flows, EverythingANextRunNeedsTravels) {
  StreamInput input;
  input.source = "samsara";
  input.settings.fanout = Fanout::kInline;
  input.settings.placement.write_local = false;
  input.settings.placement.patience = std::chrono::hours(3);
  input.settings.priority = "high";
  input.settings.interval = std::chrono::milliseconds(1'500);
  input.settings.budget = {7, 8};
  input.settings.wait = std::chrono::milliseconds(9);
  input.progress.stats.iteration = 100;
  input.progress.stats.state = FlowState::kRateLimited;
  input.progress.paused = input.progress.poll_now = input.progress.stop = true;
  input.progress.failures_in_row = 3;
  input.progress.ack = "c9";
  const auto back = Json(input).get<StreamInput>();
  EXPECT_EQ(back.settings, input.settings);
  EXPECT_EQ(back.progress.stats, input.progress.stats);
  EXPECT_TRUE(back.progress.paused && back.progress.poll_now && back.progress.stop);
  EXPECT_EQ(back.progress.failures_in_row, 3);
  EXPECT_EQ(back.progress.ack, "c9");
}

TEST(Flows, OnlyTheSourceNeedsToBeSaid) {
  const auto input = Json::parse(R"({"source":"plaid"})").get<PollingInput>();
  EXPECT_EQ(input.settings.interval, std::chrono::minutes(15));
  EXPECT_EQ(input.settings.budget.records_max, 1'000U);
  EXPECT_EQ(input.progress.stats.state, FlowState::kRunning);
}

TEST(Flows, ABatchRunKeepsItsPatienceAndAFetchItsTime) {
  BatchInput input;
  input.patient = true;
  EXPECT_TRUE(Json(input).get<BatchInput>().patient);
  EXPECT_FALSE(Json::parse(R"({"source":"edi"})").get<BatchInput>().patient);
  const FetchedFiles fetched{{}, std::chrono::milliseconds(1'500)};
  EXPECT_EQ(Json(fetched).get<FetchedFiles>().again_in, fetched.again_in);
  EXPECT_EQ(Json::parse(R"({"files":[]})").get<FetchedFiles>().again_in.count(), 0);
}

TEST(Flows, IdsAreTheDesigns) {
  EXPECT_EQ(poll_workflow_id("plaid"), "poll:plaid");
  EXPECT_EQ(stream_workflow_id("samsara"), "stream:samsara");
  EXPECT_EQ(batch_run_workflow_id("edi", "7"), "batch:edi:7");
  EXPECT_EQ(batch_schedule_id("edi"), "batch:edi");
}

TEST(Homes, AreTheEndOfAStagingKeyAndOfAQueue) {
  EXPECT_EQ(home_of("0a1b@5f3a9c01"), "5f3a9c01");
  EXPECT_EQ(home_of("0a1b"), "");  // staged before hosts had names
  EXPECT_EQ(home_queue("gantry-ingestion", "5f3a9c01"), "gantry-ingestion@5f3a9c01");
}

}  // namespace
}  // namespace gantry
