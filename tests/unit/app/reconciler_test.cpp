#include "host/app/reconciler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "host/stores/embedded/embedded.hpp"

namespace gantry::app {
namespace {

using namespace std::chrono_literals;

/// Now, or an hour later.
class MovedClock final : public Clock {
 public:
  Instant now() const override { return system_clock().now() + moved.load(); }
  std::chrono::steady_clock::time_point steady() const override { return system_clock().steady(); }
  std::atomic<std::chrono::seconds> moved{0s};
};

class ReconcilerTest : public testing::Test {
 protected:
  ReconcilerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "reconcile-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
    ingress::InboxOptions options;
    options.directory = folder_ / "inbox";
    inbox_ = ingress::Inbox::open(std::move(options)).value();
  }
  ~ReconcilerTest() override {
    inbox_.reset();
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  void deliver(const std::string& id) {
    Delivery delivery{"front", id, {}};
    delivery.request.received_at = system_clock().now();
    std::promise<Result<ingress::AppendResult>> told;
    inbox_->append(
        delivery, [&](Result<ingress::AppendResult> result) { told.set_value(std::move(result)); });
    ASSERT_TRUE(told.get_future().get());
  }
  static stores::IngestedDocument item(const std::string& id, std::int64_t version) {
    stores::IngestedDocument made;
    made.document.id = id;
    made.document.source = "front";
    made.document.version = version;
    return made;
  }
  static void put(stores::Store& store, const stores::IngestedDocument& made) {
    const stores::Write write{&made, {"", 1}, stores::idempotency_key(made)};
    ASSERT_TRUE(store.put({&write, 1}, {}));
  }
  void workflow(const std::string& id, temporal::WorkflowStatus status) {
    temporal::WorkflowDescription known;
    known.id = id;
    known.status = status;
    if (status != temporal::WorkflowStatus::kRunning) known.closed_at = system_clock().now();
    workflows_[id] = known;
  }

  /// One round, from the start to its end.
  Json round() {
    Reconciler reconciler(
        {{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
         stores_->staging(),
         stores_->saga_log(),
         *inbox_,
         [this](const std::string& id) -> Result<std::optional<temporal::WorkflowDescription>> {
           if (away_) return Error{ErrorKind::kUnavailable, "Temporal is away"};
           const auto found = workflows_.find(id);
           if (found == workflows_.end()) return std::optional<temporal::WorkflowDescription>();
           return std::optional(found->second);
         },
         [this](const std::string& filter) -> Result<std::int64_t> {
           if (away_) return Error{ErrorKind::kUnavailable, "Temporal is away"};
           for (const auto& part : running_) {
             if (filter.find(part) != std::string::npos) return 1;
           }
           return 0;
         },
         clock_},
        1h, 1ms);
    EXPECT_FALSE(reconciler.differences());
    const auto wanted = reconciler.ask();
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    Json state = reconciler.state();
    while (state.at("round") < wanted && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
      state = reconciler.state();
    }
    EXPECT_EQ(state.at("round"), wanted);
    const auto count = reconciler.differences();
    EXPECT_EQ(count.has_value(), state.at("problems").empty());
    if (count) EXPECT_EQ(*count, state.at("differences").size());
    return state;
  }
  /// "kind subject" of each.
  std::vector<std::string> differences() {
    std::vector<std::string> out;
    const Json state = round();
    EXPECT_TRUE(state.at("problems").empty()) << state;
    for (const Json& one : state.at("differences")) {
      out.push_back(one.at("kind").get<std::string>() + ' ' + one.at("subject").get<std::string>());
    }
    return out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::unique_ptr<ingress::Inbox> inbox_;
  MovedClock clock_;
  bool away_ = false;
  std::map<std::string, temporal::WorkflowDescription> workflows_;
  std::vector<std::string> running_;  ///< Filters that contain one of these find a workflow.
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ReconcilerTest, WhereAllIsInOrderThereIsNoDifference) {
  deliver("waits");
  deliver("done");
  ASSERT_TRUE(inbox_->mark_done("front", "done"));
  for (stores::Store* store : std::initializer_list<stores::Store*>{
           &stores_->documents(), &stores_->vectors(), &stores_->graph()}) {
    put(*store, item("front:message:1", 1));
  }
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_EQ(round().at("documents"), 1);
}

TEST_F(ReconcilerTest, ADocumentThatOneStoreLacksIsToldUnlessSomebodyIsAtWorkOnIt) {
  put(stores_->documents(), item("front:message:1", 1));
  EXPECT_THAT(differences(), ElementsAre("document_missing front:message:1"));
  running_ = {"DocumentId = 'front:message:1'"};
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(ReconcilerTest, ADeliveryThatNobodyStartsIsToldAfterAWhile) {
  deliver("evt_1");
  EXPECT_THAT(differences(), IsEmpty());
  clock_.moved = 3600s;
  EXPECT_THAT(differences(), ElementsAre("delivery_waiting front/evt_1"));
}

TEST_F(ReconcilerTest, AStartedDeliveryNeedsAWorkflowThatRunsOrHasReadIt) {
  for (const char* id : {"lost", "terminated", "runs", "done", "dead"}) {
    deliver(id);
    ASSERT_TRUE(inbox_->mark_started("front", id));
  }
  ASSERT_TRUE(inbox_->mark_done("front", "done"));
  ASSERT_TRUE(inbox_->mark_dead("front", "dead", "no JSON"));
  workflow("webhook:front:terminated", temporal::WorkflowStatus::kTerminated);
  workflow("webhook:front:runs", temporal::WorkflowStatus::kRunning);
  clock_.moved = 3600s;
  EXPECT_THAT(differences(), ElementsAre("delivery_without_workflow front/lost",
                                         "delivery_unfinished front/terminated"));
}

TEST_F(ReconcilerTest, AStagedRecordNeedsAWorkflowThatTakesItAlong) {
  const auto document = item("front:message:1", 1).document;
  ASSERT_TRUE(stores_->staging().put({&document, 1}, {}));
  EXPECT_THAT(differences(), ElementsAre("staging_orphan front:message:1"));
  running_ = {"DocumentId = 'front:message:1'"};
  EXPECT_THAT(differences(), IsEmpty());
  running_ = {"Source = 'front'"};  // a batch of the source may have it
  EXPECT_THAT(differences(), IsEmpty());
  running_.clear();
  workflow("poll:front", temporal::WorkflowStatus::kRunning);  // asleep between two polls
  EXPECT_THAT(differences(), ElementsAre("staging_orphan front:message:1"));
  workflows_["poll:front"].pending_activities.push_back({"1", "write_to_databases", 5, "", {}});
  EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(ReconcilerTest, AnOpenSagaIsToldWhereItIsHalfAndNobodyIsAtWorkOnIt) {
  ASSERT_TRUE(stores_->saga_log().begin({"op1", {{"front:message:1", "key"}}}, {}));
  put(stores_->documents(), item("front:message:1", 1));
  EXPECT_THAT(differences(), ElementsAre("document_missing front:message:1", "saga_open op1"));
  running_ = {"DocumentId = 'front:message:1'"};
  EXPECT_THAT(differences(), IsEmpty());
  running_.clear();
  put(stores_->vectors(), item("front:message:1", 1));
  put(stores_->graph(), item("front:message:1", 1));
  EXPECT_THAT(differences(), IsEmpty());  // whole: its end is only not noted yet
}

TEST_F(ReconcilerTest, WhatCannotBeComparedIsAProblemAndNoDifference) {
  const auto document = item("front:message:1", 1).document;
  ASSERT_TRUE(stores_->staging().put({&document, 1}, {}));
  away_ = true;
  const Json state = round();
  EXPECT_TRUE(state.at("differences").empty());
  ASSERT_EQ(state.at("problems").size(), 1u);
  EXPECT_EQ(state.at("problems")[0], "Temporal is away");
}

}  // namespace
}  // namespace gantry::app
