#include <algorithm>
#include <latch>

#include "host/app/workflow_search.hpp"
#include "tests/integration/ingestion/flow_rig.hpp"

// Mission section 14: workflows are found by their search attributes, also while they run.
namespace gantry::testing {
namespace {

using Found = std::vector<std::string>;

/// The ids of this rig's workflows that a filter finds, once they are as wanted: what the server
/// lists lags a little behind what it runs.
Found find_until(IngestionRig& rig, const app::WorkflowFilter& filter, const Found& wanted) {
  const std::string text = app::list_filter(filter, rig.queue).value();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  Found ids;
  do {
    ids.clear();
    for (const auto& one : rig.client.list(text, 100).value()) ids.push_back(one.id);
    std::ranges::sort(ids);
  } while (ids != wanted && std::chrono::steady_clock::now() < deadline);
  return ids;
}

/// A document whose stages are activities of their own and that tells its status.
DocumentIngestionInput telling_document() {
  auto input = one_document();
  input.placement = {.parse_local = false,
                     .entities_local = false,
                     .embeddings_local = false,
                     .write_local = false,
                     .status_attribute = true};
  return input;
}

temporal::StartOptions pending(const IngestionRig& rig, const DocumentIngestionInput& input) {
  auto options = rig.options();
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(input.source)},
      {std::string(kAttributePriority), temporal::keyword_attribute("high")},
      {std::string(kAttributeDocumentId),
       temporal::keyword_attribute(input.records.front().document_id)},
      {std::string(kAttributeStatus), temporal::keyword_attribute(kStatusPending)}};
  return options;
}

TEST(SearchAttributes, StatusFollowsADocumentThroughItsStages) {
  IngestionRig rig;
  std::latch in_write(1), go_on(1);
  rig.on("write_to_databases", [&](Context&) {
    in_write.count_down();
    go_on.wait();
  });
  const auto input = telling_document();
  const auto handle = rig.client.start(kDocumentIngestion, input, pending(rig, input)).value();
  EXPECT_EQ(find_until(rig, {.status = "pending"}, {handle.id}), Found{handle.id});
  rig.start();
  in_write.wait();
  EXPECT_EQ(find_until(rig, {.status = "embeddings_generated", .state = "running"}, {handle.id}),
            Found{handle.id});
  EXPECT_EQ(find_until(rig, {.status = "pending"}, {}), Found{});
  go_on.count_down();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, handle, kPatience).value().value);
  EXPECT_EQ(find_until(rig, {.status = "completed", .state = "completed"}, {handle.id}),
            Found{handle.id});
}

TEST(SearchAttributes, EachAloneAndAllTogetherFindAWorkflow) {
  IngestionRig rig;
  rig.start();
  const auto one = telling_document();
  auto other = telling_document();
  other.source = "turvo";
  const auto first = rig.client.start(kDocumentIngestion, one, pending(rig, one)).value();
  const auto second = rig.client.start(kDocumentIngestion, other, pending(rig, other)).value();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, first, kPatience).value().value);
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, second, kPatience).value().value);
  const Found mine{first.id};
  Found both{first.id, second.id};
  std::ranges::sort(both);
  const std::string& document = one.records.front().document_id;
  EXPECT_EQ(find_until(rig, {.source = one.source}, mine), mine);
  EXPECT_EQ(find_until(rig, {.document = document}, mine), mine);
  EXPECT_EQ(find_until(rig, {.status = "completed"}, both), both);
  EXPECT_EQ(find_until(rig, {.priority = "high"}, both), both);
  EXPECT_EQ(find_until(rig, {.type = "DocumentIngestionWorkflow"}, both), both);
  EXPECT_EQ(find_until(rig,
                       {.source = one.source,
                        .status = "completed",
                        .priority = "high",
                        .document = document,
                        .state = "completed",
                        .query = "StartTime > '2026-01-01T00:00:00Z'"},
                       mine),
            mine);
}

TEST(SearchAttributes, AnIdFullOfSyntaxIsOnlyAnId) {
  IngestionRig rig;
  rig.start();
  auto odd = telling_document();
  odd.records.front().document_id += "' OR `Source` != 'x' % --";
  const auto other = telling_document();
  const auto first = rig.client.start(kDocumentIngestion, odd, pending(rig, odd)).value();
  const auto second = rig.client.start(kDocumentIngestion, other, pending(rig, other)).value();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, first, kPatience).value().value);
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, second, kPatience).value().value);
  const Found mine{first.id};
  EXPECT_EQ(find_until(rig, {.document = odd.records.front().document_id}, mine), mine);
}

TEST(SearchAttributes, AStoreThatIsAwayShowsAsWaiting) {
  IngestionRig rig;
  std::atomic<bool> away = true;
  rig.on("write_to_databases", [&](Context&) {
    if (!away) return;
    ApplicationFailure failure("unavailable", "documents/postgres: away");
    failure.next_retry_delay = 1ms;
    throw failure;
  });
  rig.start();
  const auto input = telling_document();
  const auto handle = rig.client.start(kDocumentIngestion, input, pending(rig, input)).value();
  EXPECT_EQ(find_until(rig, {.status = "waiting"}, {handle.id}), Found{handle.id});
  away = false;
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, handle, kPatience).value().value);
  EXPECT_EQ(find_until(rig, {.status = "completed"}, {handle.id}), Found{handle.id});
}

TEST(SearchAttributes, ADocumentThatFailsAndItsDeliveryTellSo) {
  IngestionRig rig;
  rig.on("parse_webhook_payload", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "no JSON", true);
  });
  rig.on("parse_document", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "empty content", true);
  });
  rig.start();
  const auto input = telling_document();
  const auto document = rig.client.start(kDocumentIngestion, input, pending(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, document, kPatience).value().failure);
  WebhookIngestionInput delivery;
  delivery.source = "front";
  delivery.delivery_id = TemporalServer::unique("evt");
  delivery.placement = input.placement;
  const auto webhook = rig.client.start(kWebhookIngestion, delivery, pending(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, webhook, kPatience).value().failure);
  Found both{document.id, webhook.id};
  std::ranges::sort(both);
  EXPECT_EQ(find_until(rig, {.status = "failed", .state = "failed"}, both), both);
}

TEST(SearchAttributes, ChildrenHaveAllFour) {
  IngestionRig rig;
  for (int i = 0; i < 2; ++i) rig.parsed.records.push_back(one_document().records[0]);
  rig.start();
  WebhookIngestionInput delivery;
  delivery.source = "front";
  delivery.delivery_id = TemporalServer::unique("evt");
  delivery.priority = "high";
  delivery.placement.status_attribute = true;
  const auto handle = rig.client.start(kWebhookIngestion, delivery, rig.options()).value();
  ASSERT_TRUE(rig.client.result(kWebhookIngestion, handle, kPatience).value().value);
  for (const auto& record : rig.parsed.records) {
    const Found child{document_workflow_id(record.document_id, record.version)};
    EXPECT_EQ(find_until(rig,
                         {.source = "front",
                          .status = "completed",
                          .priority = "high",
                          .document = record.document_id},
                         child),
              child);
  }
  EXPECT_EQ(
      find_until(rig, {.status = "completed", .type = "WebhookIngestionWorkflow"}, {handle.id}),
      Found{handle.id});
}

TEST(SearchAttributes, AFlowTellsThatItIsPausedRefusedAndAtWorkAgain) {
  FlowRig rig;
  std::atomic<bool> refused = false;
  rig.fetch = [&](const FetchInput&) -> RecordPage {
    if (refused) throw plugin_failure("AUTH", "the key is revoked");
    return page_of(0, "c");
  };
  rig.start();
  PollingInput input;
  input.source = TemporalServer::unique("vendor");
  input.settings.interval = 1h;
  input.settings.placement.status_attribute = true;
  const auto handle = rig.client.start(kPolling, input, rig.options()).value();
  const Found mine{handle.id};
  EXPECT_EQ(find_until(rig, {.status = "running"}, mine), mine);
  rig.tell(handle, kPause);
  EXPECT_EQ(find_until(rig, {.status = "paused"}, mine), mine);
  refused = true;
  rig.tell(handle, kResume);
  EXPECT_EQ(find_until(rig, {.status = "reauth"}, mine), mine);
  refused = false;
  rig.tell(handle, kResume);
  EXPECT_EQ(find_until(rig, {.status = "running"}, mine), mine);
  rig.tell(handle, kStop);
  EXPECT_EQ(find_until(rig, {.status = "finished", .state = "completed"}, mine), mine);
}

TEST(SearchAttributes, AWorkflowOfAnOlderHostKeepsItsHistoryAsItWas) {
  IngestionRig rig;
  rig.start();
  auto input = telling_document();
  input.placement.status_attribute = false;
  const auto handle = rig.client.start(kDocumentIngestion, input, pending(rig, input)).value();
  ASSERT_TRUE(rig.client.result(kDocumentIngestion, handle, kPatience).value().value);
  EXPECT_EQ(find_until(rig, {.status = "pending", .state = "completed"}, {handle.id}),
            Found{handle.id});
}

}  // namespace
}  // namespace gantry::testing
