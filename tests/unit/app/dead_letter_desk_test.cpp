#include "host/app/dead_letter_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"
#include "host/stores/embedded/embedded.hpp"

namespace gantry::app {
namespace {

using testing::HasSubstr;

/// Deliveries of which the inbox keeps the bytes.
class FakeDeliveries final : public DeliveryReader {
 public:
  Result<Delivery> load(std::string_view source, std::string_view id) const override {
    if (!kept.contains(std::string(id))) return Error{ErrorKind::kNotFound, "no delivery"};
    return Delivery{std::string(source), std::string(id), {}};
  }
  std::map<std::string, bool> kept;
};

class Desk : public testing::Test {
 protected:
  Desk() {
    std::string name = (std::filesystem::temp_directory_path() / "desk-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
    all_ = {&stores_->documents(), &stores_->vectors(), &stores_->graph()};
    saga_ = std::make_unique<stores::saga::Saga>(stores::saga::SagaPorts{
        all_, &stores_->cache(), &stores_->saga_log(), &stores_->dead_letters()});
    desk_.emplace(DeskPorts{stores_->dead_letters(), stores_->staging(), *saga_,
                            stores_->saga_log(), all_, deliveries_,
                            [this](const DocumentIngestionInput& input) -> Result<std::string> {
                              if (away_) return Error{ErrorKind::kUnavailable, "away"};
                              records_.push_back(input);
                              return std::string("doc:1");
                            },
                            [this](std::string_view source, std::string_view delivery,
                                   std::string_view letter) -> Result<std::string> {
                              started_.push_back(std::string(source) + '/' + std::string(delivery) +
                                                 " for " + std::string(letter));
                              return std::string("webhook:1");
                            }});
  }
  ~Desk() override {
    desk_.reset();
    saga_.reset();
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string bury(std::string kind, std::string subject, std::string payload = {},
                   std::string id = {}) {
    stores::DeadLetter letter;
    letter.id = std::move(id);
    letter.kind = std::move(kind);
    letter.source = "front";
    letter.subject = std::move(subject);
    letter.reason = "it was away";
    letter.upstream = "FATAL: \x1b[2J";
    letter.payload = std::move(payload);
    letter.priority = "high";
    return stores_->dead_letters().add(letter, {}).value();
  }
  static Document message() {
    Document document;
    document.source = "front";
    document.kind = "message";
    document.id = "front:message:1";
    document.text = "words";
    document.version = 7;
    return document;
  }
  std::size_t letters() { return stores_->dead_letters().count({}).value(); }

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::vector<stores::Store*> all_;
  std::unique_ptr<stores::saga::Saga> saga_;
  FakeDeliveries deliveries_;
  bool away_ = false;
  std::vector<DocumentIngestionInput> records_;
  std::vector<std::string> started_;
  std::optional<DeadLetterDesk> desk_;
};

TEST_F(Desk, ARecordIsStagedAgainAndItsWorkflowStartedOnBehalfOfTheLetter) {
  const std::string id = bury("record", "front:message:1", dump_json(Json(message())));
  const auto told = desk_->retry(id);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(told->at("workflow"), "doc:1");
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].letter, id);
  EXPECT_EQ(records_[0].priority, "high");
  const RecordRef& record = records_[0].records.at(0);
  EXPECT_EQ(record.document_id, "front:message:1");
  EXPECT_EQ(record.version, 7);
  EXPECT_EQ(stores_->staging().get({&record.staging_key, 1}, {}).value().at(0), message());
  EXPECT_EQ(letters(), 1u);  // the workflow resolves it
}

TEST_F(Desk, WhileTemporalIsAwayNothingChanges) {
  away_ = true;
  const std::string id = bury("record", "front:message:1", dump_json(Json(message())));
  EXPECT_EQ(desk_->retry(id).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(desk_->show(id, false, {})->at("attempts"), 1);
}

TEST_F(Desk, ARecordThatNobodyCanReadAnyMoreIsRefused) {
  EXPECT_EQ(desk_->retry(bury("record", "x", "{\"id\":7}")).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(desk_->retry(bury("record", "x", "no JSON")).error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(records_.empty());
}

TEST_F(Desk, ADeliveryAndAPartOfOneStartTheDeliverysWorkflow) {
  deliveries_.kept["evt_1"] = true;
  ASSERT_TRUE(desk_->retry(bury("delivery", "evt_1", "", "delivery:front:evt_1")));
  ASSERT_TRUE(desk_->retry(bury("part", "evt_1", "", "part:front:evt_1:ab")));
  EXPECT_EQ(started_, (std::vector<std::string>{"front/evt_1 for delivery:front:evt_1",
                                                "front/evt_1 for part:front:evt_1:ab"}));
}

TEST_F(Desk, APartOfAFileOrADeliveryThatIsGoneSaysWhatAPersonCanDo) {
  const auto part = desk_->retry(bury("part", "rates.csv"));
  EXPECT_EQ(part.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(part.error().what, HasSubstr("drop the mended file again"));
  const auto delivery = desk_->retry(bury("delivery", "evt_old"));
  EXPECT_EQ(delivery.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(delivery.error().what, HasSubstr("send it again"));
  EXPECT_TRUE(started_.empty());
}

TEST_F(Desk, AnUndoOfASagaThatIsStillOpenIsMadeUpForAndItsLetterResolved) {
  // Killed after the document store had written, and before the others had.
  stores::IngestedDocument item;
  item.document = message();
  const stores::Write write{&item, {"op1", 1}, stores::idempotency_key(item)};
  ASSERT_TRUE(stores_->documents().put({&write, 1}, {}));
  ASSERT_TRUE(stores_->saga_log().begin({"op1", {{"front:message:1", write.hash}}}, {}));
  const std::string id =
      bury("undo", "front:message:1", "", "undo:op1:documents/embedded:front:message:1");
  const auto told = desk_->retry(id);
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(told->at("resolved"), true);
  EXPECT_EQ(letters(), 0u);
  EXPECT_FALSE(stores_->documents().get("front:message:1", {}).value());
}

TEST_F(Desk, AnUndoWithNothingLeftToUndoIsResolvedOnlyWhereTheStoresAgree) {
  const std::string id =
      bury("undo", "front:message:1", "", "undo:gone:documents/embedded:front:message:1");
  stores::IngestedDocument item;
  item.document = message();
  const stores::Write write{&item, {"", 1}, stores::idempotency_key(item)};
  ASSERT_TRUE(stores_->documents().put({&write, 1}, {}));
  const auto differs = desk_->retry(id);
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(desk_->show(id, false, {})->at("attempts"), 2);
  ASSERT_TRUE(stores_->vectors().put({&write, 1}, {}));
  ASSERT_TRUE(stores_->graph().put({&write, 1}, {}));
  EXPECT_TRUE(desk_->retry(id));
  EXPECT_EQ(letters(), 0u);
}

TEST_F(Desk, TheListHasNoPayloadAndCountsAllLetters) {
  bury("record", "a", "secret bytes");
  bury("record", "b");
  bury("delivery", "c");
  const auto list = desk_->list({.kind = "record", .source = {}, .limit = 1}, system_clock().now());
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at("letters").size(), 1u);
  EXPECT_EQ(list->at("total"), 3);
  EXPECT_EQ(list->at("counts").size(), 2u);
  EXPECT_THAT(dump_json(*list), testing::Not(HasSubstr("secret")));
}

TEST_F(Desk, AnUnknownLetterIsNotFoundWhateverIsAskedOfIt) {
  EXPECT_EQ(desk_->retry("x").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(desk_->resolve("x").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(desk_->show("x", false, {}).error().kind, ErrorKind::kNotFound);
}

TEST_F(Desk, ResolvingTakesALetterOffTheShelf) {
  const std::string id = bury("record", "a");
  EXPECT_EQ(desk_->resolve(id)->at("resolved"), true);
  EXPECT_EQ(letters(), 0u);
}

}  // namespace
}  // namespace gantry::app
