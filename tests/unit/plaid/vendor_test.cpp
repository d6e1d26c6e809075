#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/loopback_http.hpp"
#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/plaid/plaid_samples.hpp"

/// The connector against the simulated Plaid, over real HTTP.
namespace gantry::plaid {
namespace {

using nlohmann::json;

constexpr auto* kSync = "POST /transactions/sync";

class PlaidVendor : public testing::Test {
 protected:
  PlaidVendor() : vendor_("plaid", {"items=2"}) {
    world_.http = vendor_.http();
    json config = json::parse(kTwoItems);
    config["base_url"] = vendor_.url();
    config["page_size"] = 2;
    source_ = std::make_unique<test::Source>(plugin(), config.dump());
  }
  /// Polls until nothing more is there and folds the records into what a reader would see.
  test::Output poll() {
    auto output = source_->poll(cursor_);
    if (!output.checkpoints.empty()) cursor_ = output.checkpoints.back();
    for (const auto& record : output.records) {
      if (record.flags == GANTRY_RECORD_TOMBSTONE) {
        live_.erase(record.key);
      } else {
        live_[record.key] = json::parse(record.metadata)["amount"];
      }
    }
    return output;
  }
  void change(const char* op, int item, const std::vector<std::string>& transactions) {
    json body{{"item", item}, {"transactions", json::array()}};
    for (const auto& one : transactions) body["transactions"].push_back(json::parse(one));
    vendor_.tell(op, body.dump());
  }
  test::World& world_ = world();
  test::Vendor vendor_;
  std::unique_ptr<test::Source> source_;
  std::string cursor_;
  std::map<std::string, std::string> live_;
};

TEST_F(PlaidVendor, TwoItemsAreReadPageByPageAndThenOnlyWhatIsNew) {
  change("add", 1, {txn("a1"), txn("a2"), txn("a3"), txn("a4"), txn("a5")});
  change("add", 2, {txn("b1")});
  EXPECT_EQ(poll().records.size(), 6u);
  EXPECT_EQ(vendor_.count(kSync), 4);
  EXPECT_EQ(poll().records.size(), 0u);
  change("modify", 1, {txn("a1", "7.5")});
  change("remove", 1, {removed("a2")});
  EXPECT_EQ(poll().records.size(), 2u);
  EXPECT_EQ(live_.size(), 5u);
  EXPECT_EQ(live_.at("a1"), "7.50");
}

TEST_F(PlaidVendor, AMutationAtAnyPageGivesTheSameDocuments) {
  for (int page = 1; page <= 3; ++page) {
    for (int times = 1; times <= 5; ++times) {
      const std::string name = "p" + std::to_string(page) + "n" + std::to_string(times) + "-";
      std::vector<std::string> six;
      for (int i = 0; i < 6; ++i) six.push_back(txn(name + std::to_string(i)));
      change("add", 1, six);
      // Withdrawn while it is being read: what was read before must not be shown.
      json fault{{"match", kSync}, {"skip", page - 1}, {"times", times}};
      fault["admin"] = {"remove",
                        {{"item", 1}, {"transactions", {json::parse(removed(name + "0"))}}}};
      vendor_.tell("faults", json::array({fault}).dump());
      vendor_.advance(60, &world_);
      const auto output = poll();
      EXPECT_EQ(output.status, GANTRY_OK) << name << output.error.message;
      EXPECT_EQ(live_.count(name + "0"), 0u) << name;
      EXPECT_EQ(live_.count(name + "5"), 1u) << name;
    }
  }
}

TEST_F(PlaidVendor, AMutationThatStaysBacksOffAndLosesNothing) {
  change("add", 1, {txn("a1"), txn("a2"), txn("a3")});
  vendor_.tell(
      "faults",
      json::array({{{"match", kSync}, {"times", 12}, {"admin", {"mutate", {{"item", 1}}}}}})
          .dump());
  const auto output = poll();
  EXPECT_EQ(output.status, GANTRY_TRANSIENT);
  vendor_.tell("faults", "[]");
  vendor_.advance(60, &world_);
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 3u);
}

TEST_F(PlaidVendor, ItemErrorsOfOneLeaveTheOtherAlone) {
  change("add", 1, {txn("a1")});
  change("add", 2, {txn("b1")});
  vendor_.tell("state", R"({"item":1,"error":"ITEM_LOGIN_REQUIRED"})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 1u);
  vendor_.tell("state", R"({"item":2,"error":"ITEM_LOGIN_REQUIRED"})");
  EXPECT_EQ(poll().status, GANTRY_AUTH);
  vendor_.tell("state", R"({"item":1,"error":null})");
  vendor_.tell("state", R"({"item":2,"error":null})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 2u);
}

TEST_F(PlaidVendor, AnItemThatIsNotReadyIsReadLater) {
  vendor_.tell("state", R"({"item":1,"ready":false})");
  change("add", 1, {txn("a1")});
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_TRUE(live_.empty());
  vendor_.tell("state", R"({"item":1,"ready":true})");
  poll();
  EXPECT_EQ(live_.size(), 1u);
}

TEST_F(PlaidVendor, ACursorOfAnotherConnectionIsGivenUpForANewBeginning) {
  change("add", 1, {txn("a1")});
  poll();
  live_.clear();
  vendor_.tell("state", R"({"item":1,"foreign":true})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 1u);
}

TEST_F(PlaidVendor, TheRateLimitOfAMinuteIsKept) {
  for (int i = 0; i < 50; ++i) poll();
  const auto output = poll();
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  const int asked = vendor_.count(kSync);
  EXPECT_EQ(poll().status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(vendor_.count(kSync), asked);  // Not while it waits.
  vendor_.advance(output.error.retry_after_ns / 1'000'000'000 + 1, &world_);
  EXPECT_EQ(poll().status, GANTRY_OK);
}

TEST_F(PlaidVendor, ALostAndACutAnswerAreTriedAgainWithoutLoss) {
  change("add", 1, {txn("a1"), txn("a2"), txn("a3")});
  vendor_.tell("faults",
               json::array({{{"match", kSync}, {"skip", 1}, {"hang_up", true}, {"before", true}},
                            {{"match", kSync}, {"skip", 3}, {"cut", 5}}})
                   .dump());
  // The HTTP client may ask again by itself where a connection was closed under it.
  int failures = 0;
  for (int i = 0; i < 3; ++i) failures += poll().status == GANTRY_TRANSIENT ? 1 : 0;
  EXPECT_GE(failures, 1);
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 3u);
}

TEST_F(PlaidVendor, CheckFindsWhatTheVendorSays) {
  vendor_.tell("state", R"({"item":2,"error":"ITEM_LOGIN_REQUIRED"})");
  const auto findings = source_->check();
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[1].state, GANTRY_CHECK_PASS);
  EXPECT_EQ(findings[2].state, GANTRY_CHECK_FAIL);
  world_.secrets["/secret"] = {"wrong-secret-of-the-team"};
  EXPECT_NE(source_->check().back().what.find("INVALID_API_KEYS"), std::string::npos);
}

/// Posts of the vendor are verified as the host does it.
class PlaidWebhooks : public PlaidVendor {
 protected:
  PlaidWebhooks() {
    vendor_.tell("webhook", json{{"url", door_.url("/webhooks/plaid")}, {"secret", ""}}.dump());
  }
  test::LoopbackResponse answer(const test::LoopbackRequest& in) {
    test::Request request;
    request.headers = in.headers;
    request.body = in.body;
    request.received_at_ns = world_.now_ns;
    const auto verdict = source_->verify(request);
    if (verdict.decision != GANTRY_VERDICT_ACCEPT) {
      reasons_.push_back(verdict.reason);
      return {401, {}, "", {}};
    }
    ids_.insert(verdict.delivery_id);
    return {verdict.reply_status, {}, verdict.reply_body, {}};
  }
  void fire(json how = json::object()) {
    how["code"] = how.value("code", "SYNC_UPDATES_AVAILABLE");
    vendor_.tell("fire", how.dump());
    vendor_.tell("flush");
  }
  void wait(std::int64_t seconds) {
    world_.now_ns += seconds * 1'000'000'000;
    vendor_.advance(seconds);
  }
  json last() const { return json::parse(vendor_.ask("deliveries")).back(); }

  std::set<std::string> ids_;
  std::vector<std::string> reasons_;
  test::LoopbackHttp door_{[this](const test::LoopbackRequest& in) { return answer(in); }};
};

TEST_F(PlaidWebhooks, TheFirstOneIsRefusedAndItsRetryAccepted) {
  fire();
  EXPECT_EQ(reasons_, std::vector<std::string>{"key_unknown"});
  poll();
  wait(30);  // The vendor's first retry.
  EXPECT_EQ(last()["state"], "delivered");
  EXPECT_EQ(last()["answers"], json::parse("[401,200]"));
}

TEST_F(PlaidWebhooks, OneBodySentTwiceIsTwoDeliveries) {
  fire();
  poll();
  wait(30);
  fire();
  fire();
  EXPECT_EQ(ids_.size(), 3u);
}

TEST_F(PlaidWebhooks, AfterARotationTheNewKeyIsLearntAndTheOldOneEnds) {
  fire();
  poll();
  wait(30);
  vendor_.tell("rotate", R"({"expire_in_s":3600})");
  fire();
  EXPECT_EQ(reasons_.back(), "key_unknown");
  poll();
  wait(30);
  EXPECT_EQ(last()["state"], "delivered");
  fire({{"secret", "kid-1"}});
  EXPECT_EQ(last()["state"], "delivered");  // Not yet expired.
  wait(3600);
  fire({{"secret", "kid-1"}});
  EXPECT_EQ(reasons_.back(), "key_expired");
}

TEST_F(PlaidWebhooks, StrangersAndOldTokensAreRefusedAndGivenUpAfterADay) {
  fire();
  poll();
  wait(30);
  fire({{"skew_s", -400}});
  EXPECT_EQ(reasons_.back(), "stale");
  fire({{"secret", "stranger"}});
  for (const int seconds : {30, 120, 480, 1920, 7680, 30720}) {
    poll();
    wait(seconds);
  }
  EXPECT_EQ(last()["state"], "given up");
  EXPECT_EQ(last()["attempts"], 7);
  // kid-1 once (and again once a day), the stranger's once in each hour of its retries at most.
  EXPECT_LE(vendor_.count("POST /webhook_verification_key/get"), 12);
}

}  // namespace
}  // namespace gantry::plaid
