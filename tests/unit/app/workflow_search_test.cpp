#include "host/app/workflow_search.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace gantry::app {
namespace {

using ::testing::HasSubstr;

TEST(WorkflowSearch, NothingAskedForIsEverythingOfTheTaskQueue) {
  EXPECT_EQ(list_filter({}, "gantry-ingestion").value(), "TaskQueue = 'gantry-ingestion'");
}

TEST(WorkflowSearch, EachFieldIsOneCondition) {
  const WorkflowFilter filter{.source = "front",
                              .status = "waiting",
                              .priority = "high",
                              .document = "front:message:1",
                              .type = "PollingWorkflow",
                              .state = "timed_out",
                              .query = "A = 1 OR B = 2"};
  EXPECT_EQ(
      list_filter(filter, "q").value(),
      "TaskQueue = 'q' AND `Source` = 'front' AND `Status` = 'waiting' AND `Priority` = 'high'"
      " AND `DocumentId` = 'front:message:1' AND `WorkflowType` = 'PollingWorkflow'"
      " AND `ExecutionStatus` = 'TimedOut' AND (A = 1 OR B = 2)");
}

TEST(WorkflowSearch, QuotesAndBackslashesOfAValueAreEscaped) {
  EXPECT_EQ(list_filter({.document = R"(a'b\c)"}, "q").value(),
            R"(TaskQueue = 'q' AND `DocumentId` = 'a\'b\\c')");
}

TEST(WorkflowSearch, AnUnknownStateIsRefusedWithTheKnownOnes) {
  const auto refused = list_filter({.state = "done"}, "q");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().what, HasSubstr("running, completed, failed"));
}

TEST(WorkflowSearch, AWorkflowWithoutAttributesHasEmptyOnes) {
  temporal::WorkflowDescription workflow;
  workflow.id = "poll:plaid";
  workflow.search_attributes = {{"Source", temporal::keyword_attribute("plaid")},
                                {"Status", {{}, "no json"}}};
  const Json shown = workflow_json(workflow);
  EXPECT_EQ(shown.at("source"), "plaid");
  EXPECT_EQ(shown.at("status"), "");
  EXPECT_EQ(shown.at("document"), "");
  EXPECT_FALSE(shown.contains("closed"));
}

}  // namespace
}  // namespace gantry::app
