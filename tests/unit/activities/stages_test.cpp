#include "host/activities/stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "tests/unit/stores/saga_rig.hpp"

namespace gantry::activities {
namespace {

using testing::HasSubstr;

/// Stages over the real embedded stores in a file of their own.
class StagesTest : public testing::Test {
 protected:
  StagesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "stages-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
    saga_ = std::make_unique<stores::saga::Saga>(
        stores::saga::SagaPorts{{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
                                &stores_->cache(),
                                &stores_->saga_log(),
                                &stores_->dead_letters()});
    stages_ = make_stages();
  }
  ~StagesTest() override {
    stages_.reset();
    saga_.reset();
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Stages> make_stages() {
    return std::make_unique<Stages>(
        StagePorts{stores_->staging(), *saga_, stores_->dead_letters(), extractor_, embedder_});
  }

  static std::string fixture(const std::string& name) {
    std::ifstream in(std::filesystem::path(std::getenv("GANTRY_DOCUMENTS")) / name,
                     std::ios::binary);
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static Document message(const std::string& key, const std::string& text,
                          std::int64_t version = 1) {
    Document document;
    document.source = "front";
    document.kind = "message";
    document.id = document_id("front", "message", key);
    document.text = text;
    document.content_type = "text/plain";
    document.version = version;
    return document;
  }

  DocumentIngestionInput stage(const std::vector<Document>& documents) {
    const auto keys = stores_->staging().put(documents, {}).value();
    DocumentIngestionInput input;
    input.source = "front";
    for (std::size_t i = 0; i < keys.size(); ++i) {
      input.records.push_back({documents[i].id, documents[i].version, keys[i]});
    }
    return input;
  }

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::unique_ptr<stores::saga::Saga> saga_;
  pipeline::RulesExtractor extractor_;
  pipeline::HashingEmbedder embedder_;
  std::unique_ptr<Stages> stages_;
};

/// Counts its calls.
class CountingEmbedder final : public pipeline::Embedder {
 public:
  std::string_view model() const override { return inner_.model(); }
  std::size_t dimension() const override { return inner_.dimension(); }
  Result<std::vector<pipeline::Vector>> embed(
      std::span<const std::string_view> texts) const override {
    ++calls;
    return inner_.embed(texts);
  }
  mutable int calls = 0;

 private:
  pipeline::HashingEmbedder inner_;
};

TEST_F(StagesTest, EachWriteTellsItsOutcomesOnce) {
  std::vector<std::size_t> told;
  Stages stages({stores_->staging(), *saga_, stores_->dead_letters(), extractor_, embedder_,
                 [&told](const SagaCall& call) {
                   EXPECT_EQ(call.source, "front");
                   EXPECT_EQ(call.documents.size(), call.outcomes.size());
                   EXPECT_EQ(call.documents[0].document.id, call.outcomes[0].document_id);
                   told.push_back(call.outcomes.size());
                 }});
  const auto input = stage({message("1", "joliet gate closed"), message("2", "reefer alarm")});
  ASSERT_TRUE(stages.write(input, {}));
  EXPECT_EQ(told, std::vector<std::size_t>{2});
  ASSERT_TRUE(stages.write(input, {}));  // nothing is left to write
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(StagesTest, TheDocumentsOfABatchAreEmbeddedInOneCallAndEachGetsItsOwnVectors) {
  const CountingEmbedder embedder;
  Stages stages({stores_->staging(), *saga_, stores_->dead_letters(), extractor_, embedder});
  Document gone = message("2", "");
  gone.deleted = true;
  const auto input =
      stage({message("1", "joliet gate closed"), gone, message("3", "reefer alarm at newark")});
  EXPECT_EQ(stages.embed(input)->items, 2);
  EXPECT_EQ(embedder.calls, 1);
  const auto written = stages.write(input, {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(embedder.calls, 1);
  for (const auto& [words, key] :
       {std::pair<std::string_view, std::string>{"joliet gate closed", "1"},
        {"reefer alarm at newark", "3"}}) {
    const auto vector = embedder.embed({&words, 1}).value().front();
    const auto near =
        stores_->vectors().nearest({std::string(embedder.model()), vector, "", "", 1}, {}).value();
    ASSERT_EQ(near.size(), 1u);
    EXPECT_EQ(near[0].document_id, document_id("front", "message", key));
    EXPECT_NEAR(near[0].score, 1.0, 0.01);
  }
}

TEST_F(StagesTest, AMessageGoesThroughAllFourStagesAndLeavesStaging) {
  const auto input = stage({message("1", "Load LD-88231 is late at Joliet, IL.")});
  EXPECT_EQ(stages_->parse(input)->items, 1);    // one chunk
  EXPECT_GE(stages_->extract(input)->items, 2);  // the load and the place
  EXPECT_EQ(stages_->embed(input)->items, 1);    // one vector per chunk
  const auto written = stages_->write(input, {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->records.at(0).outcome, "stored");
  EXPECT_EQ(written->chunks, 1);
  EXPECT_EQ(stores_->staging().count({}).value(), 0u);
  const auto stored = stores_->documents().get("front:message:1", {}).value();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->document.text, "Load LD-88231 is late at Joliet, IL.");
}

TEST_F(StagesTest, AHostThatNeverSawTheEarlierStagesWritesTheSameDocument) {
  const auto input = stage({message("1", "Load LD-88231 is late at Joliet, IL.")});
  ASSERT_TRUE(stages_->parse(input));
  const auto elsewhere = make_stages();
  const auto written = elsewhere->write(input, {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->records.at(0).outcome, "stored");
  EXPECT_GE(written->entities, 2);
}

TEST_F(StagesTest, AWriteThatIsRepeatedChangesNothingAndSucceeds) {
  const auto input = stage({message("1", "once")});
  ASSERT_TRUE(stages_->write(input, {}));
  const auto again = stages_->write(input, {});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->records.at(0).outcome, "stored");
  EXPECT_EQ(stores_->documents().count({}).value(), 1u);
}

TEST_F(StagesTest, ARecordThatCannotBeReadIsADeadLetterAndTheRestGoesOn) {
  const auto input = stage({message("bad", ""), message("good", "fine")});
  const auto parsed = stages_->parse(input);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->documents, 1);
  const auto written = stages_->write(input, {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->records.at(0).outcome, "dead_letter");
  EXPECT_EQ(written->records.at(1).outcome, "stored");
  const auto letters = stores_->dead_letters().list({}, {}).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].subject, "front:message:bad");
  // The letter keeps the whole record, so that it can be staged again.
  const auto kept = stores_->dead_letters().get(letters[0].id, {}).value();
  EXPECT_EQ(Json::parse(kept->payload).at("id"), "front:message:bad");
}

TEST_F(StagesTest, WhereNoRecordCanBeReadTheStageFailsWithAnErrorNobodyRetries) {
  const auto input = stage({message("bad", "")});
  const auto parsed = stages_->parse(input);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(parsed.error().what, HasSubstr("empty"));
}

TEST_F(StagesTest, AFileThatIsEncryptedOrCutOffIsRefusedForGoodWithItsReason) {
  Document upload = message("1", "");
  upload.content_type = "application/octet-stream";
  const std::pair<std::string, const char*> refused[] = {
      {fixture("encrypted.pdf"), "the PDF is encrypted"},
      {fixture("rate_confirmation.pdf").substr(0, 900), "the PDF is cut off"},
      {fixture("bill_of_lading.docx").substr(0, 9000), "cut off"},
      {fixture("tender.eml").substr(0, 9000), "the mail is cut off"},
      {" \n", "empty"}};
  for (const auto& [bytes, reason] : refused) {
    upload.raw = bytes;
    ++upload.version;
    const auto input = stage({upload});
    const auto parsed = stages_->parse(input);
    ASSERT_FALSE(parsed) << reason;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(parsed.error().what, HasSubstr(reason));
    ASSERT_TRUE(stages_->give_up(input, parsed.error().what));
  }
  EXPECT_EQ(stores_->dead_letters().count({}).value(), std::size(refused));
}

TEST_F(StagesTest, ATroubleOfThePdfReaderIsTriedAgainAndBuriesNothing) {
  Document upload = message("1", "");
  upload.content_type = "application/pdf";
  upload.raw = fixture("rate_confirmation.pdf");
  const auto input = stage({upload});
  const std::string kept = std::getenv("GANTRY_PDF_TEXT");
  ::setenv("GANTRY_PDF_TEXT", "/nonexistent/gantry-pdf-text", 1);
  const auto away = stages_->parse(input);
  const auto unwritten = stages_->write(input, {});
  ::setenv("GANTRY_PDF_TEXT", kept.c_str(), 1);
  ASSERT_FALSE(away);
  EXPECT_TRUE(away.error().retryable());
  ASSERT_FALSE(unwritten);
  EXPECT_TRUE(unwritten.error().retryable());
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 0u);
  ASSERT_TRUE(stages_->write(input, {}));
  EXPECT_EQ(stores_->documents().get("front:message:1", {}).value()->document.title,
            "Rate confirmation LD-4711");
}

TEST_F(StagesTest, AnOlderVersionIsStaleAndLeavesTheNewerOne) {
  ASSERT_TRUE(stages_->write(stage({message("1", "new", 2)}), {}));
  const auto written = stages_->write(stage({message("1", "old", 1)}), {});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->records.at(0).outcome, "stale");
  EXPECT_EQ(stores_->documents().get("front:message:1", {}).value()->document.text, "new");
}

TEST_F(StagesTest, ATombstoneNeedsNoWordsAndHidesTheDocument) {
  ASSERT_TRUE(stages_->write(stage({message("1", "here", 1)}), {}));
  Document gone = message("1", "", 2);
  gone.deleted = true;
  const auto input = stage({gone});
  ASSERT_TRUE(stages_->parse(input));
  ASSERT_TRUE(stages_->write(input, {}));
  EXPECT_TRUE(stores_->documents().get("front:message:1", {}).value()->document.deleted);
  EXPECT_EQ(stores_->documents().count({}).value(), 0u);
}

TEST_F(StagesTest, AnUploadWithoutTitleTakesTheOneOfItsContent) {
  Document upload = message("1", "");
  upload.content_type = "text/markdown";
  upload.raw = "# Rate note\n\nChicago, IL to Dallas, TX.\n";
  ASSERT_TRUE(stages_->write(stage({upload}), {}));
  EXPECT_EQ(stores_->documents().get("front:message:1", {}).value()->document.title, "Rate note");
}

TEST_F(StagesTest, AStoreThatRefusesTheHostMakesTheRecordWaitAndNoDeadLetter) {
  stores::saga::FaultyStore documents(stores_->documents());
  stores::saga::Saga saga({{&documents, &stores_->vectors(), &stores_->graph()},
                           &stores_->cache(),
                           &stores_->saga_log(),
                           &stores_->dead_letters()});
  Stages stages(
      StagePorts{stores_->staging(), saga, stores_->dead_letters(), extractor_, embedder_});
  const auto input = stage({message("1", "words")});
  for (const ErrorKind kind : {ErrorKind::kDenied, ErrorKind::kNotFound}) {
    documents.fail_puts(1, {.kind = kind});
    const auto written = stages.write(input, {});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(stores_->staging().count({}).value(), 1u);
  }
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 0u);
  EXPECT_TRUE(stages.write(input, {}));
}

TEST_F(StagesTest, WhatBecomesADeadLetterForTheFirstTimeHasOneAttempt) {
  const auto input = stage({message("bad", "")});
  ASSERT_FALSE(stages_->parse(input));
  ASSERT_TRUE(stages_->give_up(input, "no record can be read"));
  const auto letter = stores_->dead_letters().list({}, {}).value().at(0);
  EXPECT_EQ(letter.attempts, 1);
  // Its own reason, not that of the batch.
  EXPECT_THAT(letter.reason, HasSubstr("empty"));
  EXPECT_THAT(letter.reason, testing::Not(HasSubstr("no record")));
}

TEST_F(StagesTest, TheDeadLetterOfARecordThatIsStoredAfterAllIsResolved) {
  auto input = stage({message("1", "words")});
  input.priority = "high";
  ASSERT_TRUE(stages_->give_up(input, "no store answered"));
  const auto letter = stores_->dead_letters().list({}, {}).value().at(0);
  EXPECT_EQ(letter.priority, "high");
  auto again = stage({message("1", "words")});
  again.letter = letter.id;
  ASSERT_TRUE(stages_->write(again, {}));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 0u);
}

TEST_F(StagesTest, ARecordThatFailsAgainKeepsItsDeadLetterWithOneAttemptMore) {
  const auto input = stage({message("bad", "")});
  ASSERT_TRUE(stages_->give_up(input, "first"));
  auto again = stage({message("bad", "")});
  again.letter = stores_->dead_letters().list({}, {}).value().at(0).id;
  ASSERT_FALSE(stages_->parse(again));
  ASSERT_TRUE(stages_->give_up(again, "second"));
  const auto letter = stores_->dead_letters().get(again.letter, {}).value();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->attempts, 2);
  ASSERT_EQ(letter->earlier.size(), 1u);
  EXPECT_EQ(letter->earlier[0].reason, "first");
}

TEST_F(StagesTest, GivingUpBuriesWhatIsLeftOnceAndEmptiesStaging) {
  const auto input = stage({message("1", "a"), message("2", "b")});
  ASSERT_TRUE(stages_->give_up(input, "no store answered"));
  ASSERT_TRUE(stages_->give_up(input, "no store answered"));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 2u);
  EXPECT_EQ(stores_->staging().count({}).value(), 0u);
}

}  // namespace
}  // namespace gantry::activities
