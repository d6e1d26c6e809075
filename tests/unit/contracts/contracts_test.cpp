#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/contracts/document.hpp"
#include "host/contracts/ingestion.hpp"

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
}

}  // namespace
}  // namespace gantry
