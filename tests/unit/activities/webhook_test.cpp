#include "host/activities/webhook.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "host/activities/failures.hpp"
#include "host/stores/embedded/embedded.hpp"

namespace gantry::activities {
namespace {

/// A source whose parse answers what the test says.
class FakeSource final : public plugins::Source {
 public:
  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return id_; }
  bool has(std::string_view) const override { return true; }
  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest&) const override {
    return plugins::Verdict{};
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery&,
                                               const plugins::CallScope& scope) const override {
    deadline = scope.deadline;
    return answer;
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    return std::vector<plugins::Finding>{};
  }

  plugins::PluginResult<plugins::Parsed> answer = plugins::Parsed{};
  mutable std::optional<std::chrono::steady_clock::time_point> deadline;

 private:
  const std::string id_ = "front";
};

class FakeLedger final : public DeliveryLedger {
 public:
  Result<Delivery> load(std::string_view source, std::string_view id) const override {
    const auto found = bodies.find(std::string(id));
    if (found == bodies.end()) return Error{ErrorKind::kNotFound, "unknown delivery"};
    Delivery delivery{std::string(source), std::string(id), {}};
    delivery.request.body = found->second;
    return delivery;
  }
  Result<void> mark_done(std::string_view, std::string_view id) override {
    states[std::string(id)] = "done";
    return {};
  }
  Result<void> mark_dead(std::string_view, std::string_view id, std::string_view) override {
    states[std::string(id)] = "dead";
    return {};
  }

  std::map<std::string, std::string> bodies = {{"evt_1", "raw bytes"}};
  std::map<std::string, std::string> states;
};

class WebhookParserTest : public testing::Test {
 protected:
  WebhookParserTest() {
    std::string name = (std::filesystem::temp_directory_path() / "webhook-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
    parser_.emplace(WebhookPorts{[this](std::string_view id) {
                                   return std::shared_ptr<const plugins::Source>(
                                       std::shared_ptr<void>(), id == "front" ? &source_ : nullptr);
                                 },
                                 [](std::string_view) { return std::chrono::milliseconds(5'000); },
                                 ledger_, stores_->staging(), stores_->dead_letters(),
                                 [this](std::string_view source, std::string_view outcome) {
                                   told_.push_back(std::string(source) + ' ' +
                                                   std::string(outcome));
                                 }});
    input_.source = "front";
    input_.delivery_id = "evt_1";
  }
  ~WebhookParserTest() override {
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  static Document document(const std::string& key) {
    Document made;
    made.source = "front";
    made.kind = "message";
    made.id = document_id("front", "message", key);
    made.text = key;
    made.version = 7;
    return made;
  }

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  FakeSource source_;
  FakeLedger ledger_;
  std::vector<std::string> told_;
  std::optional<WebhookParser> parser_;
  WebhookIngestionInput input_;
};

TEST_F(WebhookParserTest, WhatBecameOfADeliveryIsToldOnceItStands) {
  using Told = std::vector<std::string>;
  source_.answer = plugins::PluginError(ErrorKind::kUnavailable, "503");
  EXPECT_FALSE(parser_->parse(input_, {}));
  EXPECT_EQ(told_, Told{});
  source_.answer = plugins::Parsed{};  // an event that is no record
  EXPECT_TRUE(parser_->parse(input_, {}));
  EXPECT_EQ(told_, Told{"front parsed"});
  source_.answer = plugins::PluginError(ErrorKind::kInvalid, "no JSON");
  EXPECT_TRUE(parser_->parse(input_, {}));
  EXPECT_TRUE(parser_->give_up("front", "evt_1", "its tries are used up"));
  EXPECT_TRUE(parser_->give_up("front", "evt_gone", "its tries are used up"));
  EXPECT_EQ(told_,
            (Told{"front parsed", "front dead_letter", "front dead_letter", "front dead_letter"}));
}

TEST_F(WebhookParserTest, RecordsAreStagedBeforeTheDeliveryIsDone) {
  source_.answer = plugins::Parsed{{document("a"), document("b")}, {}};
  const auto parsed = parser_->parse(input_, {});
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->records.size(), 2u);
  EXPECT_EQ(parsed->records[0].document_id, "front:message:a");
  EXPECT_EQ(parsed->records[0].version, 7);
  EXPECT_EQ(stores_->staging().count({}).value(), 2u);
  EXPECT_EQ(ledger_.states["evt_1"], "done");
}

TEST_F(WebhookParserTest, ARepeatedParseStagesTheSameRecordsOnce) {
  source_.answer = plugins::Parsed{{document("a")}, {}};
  const auto first = parser_->parse(input_, {});
  const auto second = parser_->parse(input_, {});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->records, second->records);
  EXPECT_EQ(stores_->staging().count({}).value(), 1u);
}

TEST_F(WebhookParserTest, InputThatTheConnectorRefusesIsADeadLetterWithItsBytes) {
  plugins::PluginError data(ErrorKind::kInvalid, "the body is no JSON");
  data.category = "DATA";
  source_.answer = data;
  const auto parsed = parser_->parse(input_, {});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->dead_letters, 1);
  EXPECT_EQ(ledger_.states["evt_1"], "dead");
  const auto letters = stores_->dead_letters().list({}, {}).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].reason, "the body is no JSON");
  EXPECT_EQ(stores_->dead_letters().get(letters[0].id, {}).value()->payload, "raw bytes");
}

TEST_F(WebhookParserTest, ARejectedPartIsADeadLetterAndTheRestIsStaged) {
  source_.answer =
      plugins::Parsed{{document("a")}, {{"bad part", Error{ErrorKind::kInvalid, "no id"}}}};
  const auto parsed = parser_->parse(input_, {});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->records.size(), 1u);
  EXPECT_EQ(parsed->dead_letters, 1);
  EXPECT_EQ(ledger_.states["evt_1"], "done");
}

TEST_F(WebhookParserTest, AVendorThatSaysWaitIsTriedAgainNoSooner) {
  plugins::PluginError wait(ErrorKind::kUnavailable, "429");
  wait.category = "RATE_LIMITED";
  wait.retry_after = std::chrono::seconds(17);
  source_.answer = wait;
  const auto parsed = parser_->parse(input_, {});
  ASSERT_FALSE(parsed);
  const auto failure = to_failure(parsed.error());
  EXPECT_EQ(failure.type, "RATE_LIMITED");
  EXPECT_FALSE(failure.non_retryable);
  EXPECT_EQ(failure.next_retry_delay, std::chrono::milliseconds(17'000));
  EXPECT_TRUE(ledger_.states.empty());
}

TEST_F(WebhookParserTest, RefusedCredentialsAreNotTriedAgain) {
  plugins::PluginError denied(ErrorKind::kDenied, "401");
  denied.category = "AUTH";
  EXPECT_TRUE(to_failure(denied).non_retryable);
}

TEST_F(WebhookParserTest, ASourceThatThisHostLacksIsTriedAgainAndNamed) {
  input_.source = "nobody";
  const auto parsed = parser_->parse(input_, {});
  ASSERT_FALSE(parsed);
  EXPECT_TRUE(parsed.error().retryable());
  EXPECT_NE(parsed.error().what.find("nobody"), std::string::npos);
}

TEST_F(WebhookParserTest, TheCallEndsAfterTheSourcesTimeout) {
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(parser_->parse(input_, {}));
  ASSERT_TRUE(source_.deadline);
  EXPECT_GE(*source_.deadline, before + std::chrono::milliseconds(5'000));
}

TEST_F(WebhookParserTest, GivingUpOnADeliveryWhoseBytesAreGoneStillLeavesALetter) {
  ASSERT_TRUE(parser_->give_up("front", "evt_gone", "retention passed"));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 1u);
}

TEST_F(WebhookParserTest, ADeliveryThatIsReadAfterAllResolvesItsDeadLetter) {
  ASSERT_TRUE(parser_->give_up("front", "evt_1", "vendor away", "high"));
  const auto letter = stores_->dead_letters().list({}, {}).value().at(0);
  EXPECT_EQ(letter.priority, "high");
  source_.answer = plugins::Parsed{{document("a")}, {}};
  ASSERT_TRUE(parser_->parse(input_, {}));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 1u);  // nobody asked on its behalf
  input_.letter = letter.id;
  ASSERT_TRUE(parser_->parse(input_, {}));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 0u);
}

TEST_F(WebhookParserTest, APartThatIsRefusedAgainKeepsItsDeadLetterWithOneAttemptMore) {
  const plugins::Rejected bad{"poison", Error{ErrorKind::kInvalid, "no id"}};
  source_.answer = plugins::Parsed{{document("a")}, {bad}};
  ASSERT_TRUE(parser_->parse(input_, {}));
  input_.letter = stores_->dead_letters().list({}, {}).value().at(0).id;
  ASSERT_TRUE(parser_->parse(input_, {}));
  EXPECT_EQ(stores_->dead_letters().get(input_.letter, {}).value()->attempts, 2);
  source_.answer = plugins::Parsed{{document("a"), document("poison")}, {}};
  ASSERT_TRUE(parser_->parse(input_, {}));
  EXPECT_EQ(stores_->dead_letters().count({}).value(), 0u);
}

}  // namespace
}  // namespace gantry::activities
