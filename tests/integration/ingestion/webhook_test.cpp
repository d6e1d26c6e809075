#include <gtest/gtest.h>

#include "tests/integration/ingestion/rig.hpp"

// Mission section 11: the webhook workflow's claims.
namespace gantry::testing {
namespace {

WebhookIngestionInput delivery(const std::string& id = TemporalServer::unique("evt")) {
  WebhookIngestionInput input;
  input.source = "front";
  input.delivery_id = id;
  return input;
}

temporal::StartOptions options_for(const IngestionRig& rig, const WebhookIngestionInput& input) {
  auto options = rig.options(webhook_workflow_id(input.source, input.delivery_id));
  options.closed = temporal::ClosedPolicy::kReject;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(input.source)}};
  return options;
}

TEST(WebhookIngestionWorkflow, SpawnsAChildPerRecordAndSumsUp) {
  IngestionRig rig;
  for (int i = 0; i < 3; ++i) rig.parsed.records.push_back(one_document().records[0]);
  rig.parsed.dead_letters = 1;
  rig.start();
  const auto input = delivery();
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value) << outcome.failure->message;
  EXPECT_EQ(outcome.value->records.size(), 3u);
  EXPECT_EQ(outcome.value->dead_letters, 1);
  EXPECT_EQ(rig.tries("write_to_databases"), 3);
  const auto status = rig.client.query(handle, kGetWebhookStatus).value();
  EXPECT_EQ(status.status, "completed");
  EXPECT_EQ(status.finished, 3);
  const auto& record = rig.parsed.records[0];
  const auto child =
      rig.client.describe({document_workflow_id(record.document_id, record.version)}).value();
  EXPECT_EQ(child.type, "DocumentIngestionWorkflow");
  EXPECT_EQ(child.parent_id, handle.id);
  EXPECT_EQ(child.search_attributes.at("DocumentId").data, '"' + record.document_id + '"');
}

TEST(WebhookIngestionWorkflow, ABatchIsOneChildForUpTo100Records) {
  IngestionRig rig;
  for (int i = 0; i < 150; ++i) rig.parsed.records.push_back(one_document().records[0]);
  rig.start();
  auto input = delivery();
  input.fanout = Fanout::kBatch;
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->records.size(), 150u);
  EXPECT_EQ(rig.tries("write_to_databases"), 2);
}

TEST(WebhookIngestionWorkflow, OnAutoADeliveryOfOneRecordNeedsNoChild) {
  IngestionRig rig;
  rig.parsed.records = one_document().records;
  rig.start();
  auto input = delivery();
  input.fanout = Fanout::kAuto;
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->records.at(0).outcome, "stored");
  const auto& record = rig.parsed.records[0];
  EXPECT_FALSE(rig.client.describe({document_workflow_id(record.document_id, record.version)}));
  const auto description = rig.client.describe(handle).value();
  EXPECT_EQ(description.search_attributes.at("DocumentId").data, '"' + record.document_id + '"');
}

TEST(WebhookIngestionWorkflow, OnAutoADeliveryOfTwoRecordsHasAChildForEach) {
  IngestionRig rig;
  for (int i = 0; i < 2; ++i) rig.parsed.records.push_back(one_document().records[0]);
  rig.start();
  auto input = delivery();
  input.fanout = Fanout::kAuto;
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, handle, kPatience).value().value);
  for (const auto& record : rig.parsed.records) {
    EXPECT_TRUE(rig.client.describe({document_workflow_id(record.document_id, record.version)}));
  }
}

TEST(WebhookIngestionWorkflow, InlineARecordThatFailsIsBuriedAndTheDeliveryCompletes) {
  IngestionRig rig;
  rig.parsed.records = one_document().records;
  rig.on("parse_document", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "no words", true);
  });
  rig.start();
  auto input = delivery();
  input.fanout = Fanout::kInline;
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->records.at(0).outcome, "dead_letter");
  ASSERT_EQ(rig.given_up.size(), 1u);
  EXPECT_EQ(rig.given_up[0].records.size(), 1u);
}

TEST(WebhookIngestionWorkflow, TheSameDeliveryStartedTwiceRunsOnce) {
  IngestionRig rig;
  rig.parsed.records = one_document().records;
  rig.start();
  const auto input = delivery();
  const auto first = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, first, kPatience).value().value);
  const auto second = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  EXPECT_FALSE(second.started);
  EXPECT_EQ(rig.tries("parse_webhook_payload"), 1);
}

TEST(WebhookIngestionWorkflow, ADocumentVersionThatAnotherDeliveryBroughtIsADuplicate) {
  IngestionRig rig;
  rig.parsed.records = one_document().records;
  rig.start();
  for (const char* wanted : {"stored", "duplicate"}) {
    const auto input = delivery();
    const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
    const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
    ASSERT_TRUE(outcome.value);
    EXPECT_EQ(outcome.value->records.at(0).outcome, wanted);
  }
  EXPECT_EQ(rig.tries("write_to_databases"), 1);
}

TEST(WebhookIngestionWorkflow, ARecordThatFailsIsADeadLetterAndTheOthersAreStored) {
  IngestionRig rig;
  for (int i = 0; i < 2; ++i) rig.parsed.records.push_back(one_document().records[0]);
  const std::string bad =
      document_workflow_id(rig.parsed.records[0].document_id, rig.parsed.records[0].version);
  rig.on("parse_document", [bad](Context& context) {
    if (context.info().workflow_id == bad) {
      throw ApplicationFailure(std::string(kValidationError), "no words", true);
    }
  });
  rig.start();
  const auto input = delivery();
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->records.at(0).outcome, "dead_letter");
  EXPECT_EQ(outcome.value->records.at(0).reason, "no words");
  EXPECT_EQ(outcome.value->records.at(1).outcome, "stored");
}

TEST(WebhookIngestionWorkflow, AParseThatFailsIsTriedAgain) {
  IngestionRig rig;
  rig.parsed.records = one_document().records;
  rig.on("parse_webhook_payload", [](Context& context) {
    if (context.info().attempt < 3) {
      ApplicationFailure failure("TRANSIENT", "vendor away");
      failure.next_retry_delay = 1ms;
      throw failure;
    }
  });
  rig.start();
  const auto input = delivery();
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, handle, kPatience).value().value);
  EXPECT_EQ(rig.tries("parse_webhook_payload"), 3);
}

TEST(WebhookIngestionWorkflow, RefusedCredentialsFailItOnceAndBuryTheDelivery) {
  IngestionRig rig;
  rig.on("parse_webhook_payload",
         [](Context&) { throw ApplicationFailure("AUTH", "token refused", true); });
  rig.start();
  const auto input = delivery();
  const auto handle = rig.client.start(kWebhookIngestion, input, options_for(rig, input)).value();
  const auto outcome = rig.client.result(kWebhookIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(rig.tries("parse_webhook_payload"), 1);
  ASSERT_EQ(rig.given_up.size(), 1u);
  EXPECT_EQ(rig.given_up[0].delivery_id, input.delivery_id);
  EXPECT_EQ(rig.client.query(handle, kGetWebhookStatus).value().status, "failed");
}

}  // namespace
}  // namespace gantry::testing
