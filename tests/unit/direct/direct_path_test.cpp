#include "host/direct/direct_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/stores/saga/saga.hpp"
#include "tests/unit/ingress/support.hpp"

namespace gantry::direct {
namespace {

using ingress::DeliveryState;
using rollout::Path;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Makes of each line of a delivery a record; says what the test wants instead.
class LineSource final : public plugins::Source {
 public:
  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return id_; }
  bool has(std::string_view) const override { return true; }
  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest&) const override {
    return plugins::Verdict{};
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery& delivery,
                                               const plugins::CallScope&) const override {
    ++parses;
    if (failure) return *failure;
    plugins::Parsed parsed;
    std::istringstream lines(delivery.request.body);
    for (std::string line; std::getline(lines, line);) {
      Document made;
      made.source = "front";
      made.kind = "message";
      made.id = document_id("front", "message", line);
      made.text = line == "%PDF" ? "%PDF-1.4 broken" : "Load LD-" + line;
      made.content_type = line == "%PDF" ? "application/pdf" : "text/plain";
      made.version = 7;
      made.received_at = delivery.request.received_at;
      parsed.documents.push_back(std::move(made));
    }
    return parsed;
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    return std::vector<plugins::Finding>{};
  }

  std::optional<plugins::PluginError> failure;
  mutable int parses = 0;

 private:
  const std::string id_ = "front";
};

/// A model that can be away, or refuse.
class MoodyEmbedder final : public pipeline::Embedder {
 public:
  std::string_view model() const override { return inner_.model(); }
  std::size_t dimension() const override { return inner_.dimension(); }
  Result<std::vector<pipeline::Vector>> embed(
      std::span<const std::string_view> texts) const override {
    if (failure) return *failure;
    return inner_.embed(texts);
  }
  std::optional<Error> failure;

 private:
  pipeline::HashingEmbedder inner_;
};

class DirectPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stores_ = stores::embedded::EmbeddedStores::open({.file = directory_.path() / "s.db"}).value();
    saga_ = std::make_unique<stores::saga::Saga>(
        stores::saga::SagaPorts{{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
                                &stores_->cache(),
                                &stores_->saga_log(),
                                &stores_->dead_letters()});
    open();
  }
  void TearDown() override {
    close();
    saga_.reset();
    stores_.reset();
  }

  /// As a host that starts, also after a kill.
  void open() {
    ingress::InboxOptions options;
    options.directory = directory_.path() / "inbox";
    options.clock = &clock_;
    inbox_ = ingress::Inbox::open(std::move(options)).value();
    stages_.emplace(activities::StagePorts{stores_->staging(), *saga_, stores_->dead_letters(),
                                           extractor_, embedder_});
    activities::Counters counters;
    counters.ended = [this](Path path, std::string_view outcome, Instant received_at) {
      ended_.push_back(std::string(rollout::to_string(path)) + ' ' + std::string(outcome));
      ages_.push_back(clock_.now() - received_at);
    };
    path_.emplace(
        DirectPorts{.stages = *stages_,
                    .parsing = {[this](std::string_view id) {
                                  return std::shared_ptr<const plugins::Source>(
                                      std::shared_ptr<void>(), id == "front" ? &source_ : nullptr);
                                },
                                [](std::string_view) { return std::chrono::milliseconds(5'000); },
                                unused_, stores_->staging(), stores_->dead_letters()},
                    .inbox = *inbox_,
                    .path =
                        [this](const std::string& id, bool again) {
                          if (!again) asked_.push_back(id);
                          return through_temporal_.contains(id) ? Path::kTemporal : Path::kDirect;
                        },
                    .start = [this](const DocumentIngestionInput& input) -> Result<void> {
                      if (away_) return Error{ErrorKind::kUnavailable, "Temporal is away"};
                      started_.push_back(input.records.front().document_id);
                      return {};
                    },
                    .divert = [this] { return divert_; },
                    .input =
                        [](std::string_view source, std::string_view id) {
                          WebhookIngestionInput input;
                          input.source = source;
                          input.delivery_id = id;
                          input.poll_now = true;
                          return input;
                        },
                    .poll = [this](const std::string& source) { polled_.push_back(source); },
                    .counters = counters,
                    .patience = std::chrono::hours{1},
                    .log = [](ingress::LogLevel, std::string_view, const ingress::LogFields&) {},
                    .clock = clock_});
  }
  void close() {
    path_.reset();
    stages_.reset();
    inbox_.reset();
  }

  void receive(const std::string& id, const std::string& body) {
    ASSERT_TRUE(
        ingress::test::append(*inbox_, ingress::test::delivery("front", id, body, clock_.now())));
  }
  bool stored(const std::string& key) {
    return stores_->documents().get(document_id("front", "message", key), {}).value().has_value();
  }
  DeliveryState state(const std::string& id) { return inbox_->status("front", id)->state; }
  Json account(const std::string& id) {
    return parse_json(inbox_->status("front", id)->reason).value();
  }
  std::size_t staged() { return stores_->staging().count({}).value(); }
  std::vector<stores::DeadLetter> letters() { return stores_->dead_letters().list({}, {}).value(); }
  /// Does what waits in the queue; gives how many rows are left.
  std::size_t work() {
    for (const auto& row : inbox_->pending(0, 100).value()) {
      EXPECT_TRUE(path_->deliver(row.source, row.id));
    }
    return inbox_->pending(0, 100).value().size();
  }
  DocumentIngestionInput staged_input(const std::string& text, const std::string& type) {
    Document document;
    document.source = "upload";
    document.kind = "file";
    document.id = "upload:file:a";
    document.text = text;
    document.content_type = type;
    document.version = 1;
    document.received_at = clock_.now();
    DocumentIngestionInput input;
    input.source = "upload";
    input.records = {{document.id, 1, stores_->staging().put({&document, 1}, {}).value().front()}};
    return input;
  }

  /// Whatever was meant for Temporal's activities.
  class Unused final : public DeliveryLedger {
   public:
    Result<Delivery> load(std::string_view, std::string_view) const override {
      return Error{ErrorKind::kInternal, "not this ledger"};
    }
    Result<void> mark_done(std::string_view, std::string_view) override { return {}; }
    Result<void> mark_dead(std::string_view, std::string_view, std::string_view) override {
      return {};
    }
  };

  const ingress::test::TempDir directory_;
  ingress::test::FakeClock clock_;
  Unused unused_;
  LineSource source_;
  MoodyEmbedder embedder_;
  pipeline::RulesExtractor extractor_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::unique_ptr<stores::saga::Saga> saga_;
  std::unique_ptr<ingress::Inbox> inbox_;
  std::optional<activities::Stages> stages_;
  std::optional<DirectPath> path_;
  std::set<std::string> through_temporal_;
  bool away_ = false;
  bool divert_ = false;
  std::vector<std::string> asked_, started_, polled_, ended_;
  std::vector<std::chrono::nanoseconds> ages_;
};

TEST_F(DirectPathTest, ADeliveryIsDoneOnceItsRecordsAreInTheStores) {
  receive("1", "a\nb");
  clock_.advance(std::chrono::seconds{2});
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_TRUE(stored("a"));
  EXPECT_TRUE(stored("b"));
  EXPECT_EQ(state("1"), DeliveryState::kDone);
  EXPECT_EQ(staged(), 0U);
  EXPECT_TRUE(started_.empty());
  EXPECT_THAT(ended_, ElementsAre("direct stored", "direct stored"));
  EXPECT_EQ(ages_.front(), std::chrono::seconds{2});
  EXPECT_EQ(account("1")["records"][1]["document_id"], "front:message:b");
  EXPECT_EQ(account("1")["records"][1]["path"], "direct");
  EXPECT_EQ(path_->board().size(), 0U);
}

TEST_F(DirectPathTest, EachRecordOfADeliveryIsRouted) {
  through_temporal_ = {"front:message:b"};
  receive("1", "a\nb\nc");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_TRUE(stored("a"));
  EXPECT_FALSE(stored("b"));
  EXPECT_TRUE(stored("c"));
  EXPECT_THAT(started_, ElementsAre("front:message:b"));
  EXPECT_EQ(staged(), 1U);  // of its workflow
  EXPECT_THAT(asked_, ElementsAre("front:message:a", "front:message:b", "front:message:c"));
}

TEST_F(DirectPathTest, WhileAModelIsAwayTheDeliveryStaysPendingAndANewHostDoesIt) {
  embedder_.failure = Error{ErrorKind::kUnavailable, "the model is away"};
  receive("1", "a");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  EXPECT_EQ(state("1"), DeliveryState::kReceived);
  ASSERT_TRUE(path_->board().document("front:message:a"));
  EXPECT_THAT(path_->board().document("front:message:a")->reason, HasSubstr("the model is away"));
  EXPECT_TRUE(letters().empty());
  close();
  open();
  embedder_.failure.reset();
  EXPECT_EQ(work(), 0U);
  EXPECT_TRUE(stored("a"));
  EXPECT_EQ(staged(), 0U);
}

TEST_F(DirectPathTest, PatienceEndsInADeadLetter) {
  embedder_.failure = Error{ErrorKind::kUnavailable, "the model is away"};
  receive("1", "a");
  clock_.advance(std::chrono::minutes{59});
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  clock_.advance(std::chrono::minutes{1});
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].kind, "record");
  EXPECT_EQ(letters()[0].subject, "front:message:a");
  EXPECT_EQ(state("1"), DeliveryState::kDone);
  EXPECT_THAT(ended_, ElementsAre("direct dead_letter"));
}

TEST_F(DirectPathTest, AnUnreadableRecordIsADeadLetterAndItsNeighboursAreStored) {
  receive("1", "a\n%PDF\nb");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_TRUE(stored("a"));
  EXPECT_TRUE(stored("b"));
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].subject, "front:message:%PDF");
  EXPECT_EQ(account("1")["dead_letters"], 1);
  EXPECT_TRUE(path_->board().why_lost("front:message:%PDF"));
  EXPECT_EQ(staged(), 0U);
}

TEST_F(DirectPathTest, ADeliveryThatItsConnectorRefusesIsDeadWithItsBytes) {
  source_.failure = plugins::PluginError(ErrorKind::kInvalid, "no JSON");
  source_.failure->category = "DATA";
  receive("1", "a");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_EQ(state("1"), DeliveryState::kDead);
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].kind, "delivery");
}

TEST_F(DirectPathTest, AVendorThatIsAwayIsWaitedForAndRefusedCredentialsAreNot) {
  source_.failure = plugins::PluginError(ErrorKind::kUnavailable, "503");
  source_.failure->category = "TRANSIENT";
  receive("1", "a");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  source_.failure = plugins::PluginError(ErrorKind::kDenied, "401");
  source_.failure->category = "AUTH";
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_EQ(state("1"), DeliveryState::kDead);
}

TEST_F(DirectPathTest, ATemporalThatIsAwayHoldsItsRecordsAndNotTheOthers) {
  away_ = true;
  through_temporal_ = {"front:message:b"};
  receive("1", "a\nb");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  EXPECT_TRUE(stored("a"));
  EXPECT_FALSE(stored("b"));
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  away_ = false;
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_THAT(started_, ElementsAre("front:message:b"));
  EXPECT_EQ(staged(), 1U);                            // of b's workflow; nothing of a
  EXPECT_THAT(ended_, ElementsAre("direct stored"));  // counted once
  EXPECT_THAT(asked_, ElementsAre("front:message:a", "front:message:b"));  // likewise
}

TEST_F(DirectPathTest, InAnEmergencyItsRecordsGoTheDirectWay) {
  away_ = true;
  divert_ = true;
  through_temporal_ = {"front:message:b"};
  receive("1", "a\nb");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_TRUE(stored("b"));
}

TEST_F(DirectPathTest, DoingADeliveryTwiceStoresItOnce) {
  receive("1", "a");
  receive("2", "a");  // the same record by another delivery
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_EQ(path_->deliver("front", "2").value(), Start::kDone);
  EXPECT_EQ(source_.parses, 2);
  EXPECT_EQ(stores_->documents().count({}).value(), 1U);
}

TEST_F(DirectPathTest, ADeliveryWithoutRecordsMakesItsSourcePoll) {
  receive("1", "");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_THAT(polled_, ElementsAre("front"));
  EXPECT_EQ(state("1"), DeliveryState::kDone);
}

TEST_F(DirectPathTest, AnUploadIsDurableBeforeItIsAnsweredAndDoneByTheNextHost) {
  ASSERT_TRUE(path_->take(staged_input("Load LD-1", "text/plain")));
  EXPECT_TRUE(path_->board().document("upload:file:a"));
  close();
  open();
  ASSERT_TRUE(path_->recall());
  EXPECT_TRUE(path_->board().document("upload:file:a"));
  EXPECT_EQ(work(), 0U);
  EXPECT_TRUE(stores_->documents().get("upload:file:a", {}).value().has_value());
  EXPECT_FALSE(path_->board().document("upload:file:a"));
  EXPECT_EQ(staged(), 0U);
}

TEST_F(DirectPathTest, AnUnreadableUploadIsADeadLetter) {
  ASSERT_TRUE(path_->take(staged_input("%PDF-1.4 broken", "application/pdf")));
  EXPECT_EQ(work(), 0U);
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].subject, "upload:file:a");
}

TEST_F(DirectPathTest, ADeadDeliveryIsReadAgainForItsLetter) {
  source_.failure = plugins::PluginError(ErrorKind::kInvalid, "no JSON");
  source_.failure->category = "DATA";
  receive("1", "a");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  source_.failure.reset();
  WebhookIngestionInput input;
  input.source = "front";
  input.delivery_id = "1";
  input.letter = "delivery:front:1";
  ASSERT_TRUE(path_->take(input));
  EXPECT_EQ(work(), 0U);
  EXPECT_TRUE(stored("a"));
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(state("1"), DeliveryState::kDone);
}

TEST_F(DirectPathTest, ARefusedWriteOfManyBuriesOnlyWhatIsAtFault) {
  embedder_.failure = Error{ErrorKind::kInvalid, "the model refuses"};
  receive("1", "a\nb");
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kDone);
  EXPECT_EQ(letters().size(), 2U);  // each for itself
  EXPECT_THAT(ended_, ElementsAre("direct dead_letter", "direct dead_letter"));
}

TEST_F(DirectPathTest, AHurriedCallLeavesTheDeliveryPending) {
  receive("1", "a");
  path_->hurry();
  embedder_.failure = Error{ErrorKind::kCancelled, "the host ends"};
  EXPECT_EQ(path_->deliver("front", "1").value(), Start::kLater);
  EXPECT_EQ(state("1"), DeliveryState::kReceived);
  EXPECT_TRUE(letters().empty());
}

}  // namespace
}  // namespace gantry::direct
