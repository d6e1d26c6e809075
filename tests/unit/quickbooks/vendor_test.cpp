#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/loopback_http.hpp"
#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/quickbooks/quickbooks_samples.hpp"

/// The connector against the simulated QuickBooks, over real HTTP.
namespace gantry::quickbooks {
namespace {

using nlohmann::json;

constexpr auto* kTokenCall = "POST /oauth2/v1/tokens/bearer";
constexpr auto* kCdcCall = "GET /v3/company/4620816365/cdc";
constexpr auto* kQueryCall = "GET /v3/company/4620816365/query";

class QuickBooksVendor : public testing::Test {
 protected:
  QuickBooksVendor() : vendor_("quickbooks") {
    world_.kv.clear();
    world_.secrets["/refresh_token"] = {"refresh-0"};
    world_.http = vendor_.http();
    world_.now_ns = 1'767'225'600'000'000'000;  // The simulator's clock.
    json config = json::parse(kConfig);
    config["base_url"] = vendor_.url();
    config["token_url"] = vendor_.url() + "/oauth2/v1/tokens/bearer";
    config["page_size"] = 400;
    source_ = std::make_unique<test::Source>(plugin(), config.dump());
  }
  test::Output poll() {
    auto output = source_->poll(cursor_);
    if (!output.checkpoints.empty()) cursor_ = output.checkpoints.back();
    take(output);
    return output;
  }
  /// What a reader would see: the newest version of each, no deleted one.
  void take(const test::Output& output) {
    for (const auto& record : output.records) {
      const std::string key = record.kind + ':' + record.key;
      if (record.version < versions_[key]) continue;
      versions_[key] = record.version;
      if (record.flags == GANTRY_RECORD_TOMBSTONE) {
        live_.erase(key);
      } else {
        live_[key] = json::parse(record.metadata)["sync_token"];
      }
    }
  }
  void put(const char* entity, const char* id) {
    vendor_.tell("put", json{{"entity", entity}, {"objects", {{{"Id", id}}}}}.dump());
  }
  test::World& world_ = world();
  test::Vendor vendor_;
  std::unique_ptr<test::Source> source_;
  std::string cursor_;
  std::map<std::string, std::string> live_;
  std::map<std::string, std::int64_t> versions_;
};

TEST_F(QuickBooksVendor, EverythingIsReadOnceAndThenWhatChanges) {
  put("Invoice", "1");
  put("Vendor", "31");
  vendor_.tell("put", R"({"entity":"Vendor","objects":[{"Id":"32","Active":false}]})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 3u);
  vendor_.advance(3600, &world_);
  put("Invoice", "1");
  put("Bill", "7");
  vendor_.tell("delete", R"({"entity":"Vendor","id":"31"})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_, (std::map<std::string, std::string>{
                       {"invoice:1", "1"}, {"bill:7", "0"}, {"vendor:32", "0"}}));
  EXPECT_EQ(vendor_.count(kTokenCall), 2);  // An access token lives an hour.
}

TEST_F(QuickBooksVendor, ADeletionThatNeverWasIsNotBelieved) {
  put("Invoice", "1");
  poll();
  vendor_.advance(600, &world_);
  vendor_.tell("delete", R"({"entity":"Invoice","id":"1","really":false})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 1u);
}

TEST_F(QuickBooksVendor, SaturationLosesNothing) {
  poll();
  vendor_.advance(3600, &world_);
  // 2,500 invoices in one second, 600 bills: the shared answer and the invoices' own are full.
  vendor_.tell("many", R"({"entity":"Invoice","count":2500})");
  vendor_.tell("many", R"({"entity":"Bill","count":600})");
  vendor_.advance(60, &world_);
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 3100u);
  EXPECT_EQ(vendor_.count(kCdcCall), 4);  // One for all, one for each of three entities.
  EXPECT_EQ(json::parse(cursor_)["since"], "2026-01-01T00:56:00Z");  // 01:01 less five minutes.
  EXPECT_FALSE(json::parse(cursor_).contains("work"));
}

TEST_F(QuickBooksVendor, PagedReadingGoesOnAfterEveryInterruption) {
  for (int i = 0; i < 10; ++i) {
    vendor_.tell("many", json{{"entity", "Invoice"},
                              {"count", 150},
                              {"first", 1 + i * 150},
                              {"at_s", 1'767'200'000 + i * 60}}
                             .dump());
  }
  for (std::size_t stop = 1; stop < 1500; stop += 370) {
    live_.clear();
    versions_.clear();
    cursor_.clear();
    world_.records_max = stop;
    while (poll().more) world_.records_max = SIZE_MAX;
    EXPECT_EQ(live_.size(), 1500u) << stop;
  }
}

TEST_F(QuickBooksVendor, AnObjectThatChangesWhileAllAreReadIsNotPassedBy) {
  vendor_.tell("many", R"({"entity":"Invoice","count":800,"at_s":1767200000})");
  vendor_.tell(
      "faults",
      json::array({{{"match", kQueryCall},
                    {"skip", 1},
                    {"admin", {"put", {{"entity", "Invoice"}, {"objects", {{{"Id", "1"}}}}}}}}})
          .dump());
  poll();
  EXPECT_EQ(live_.size(), 800u);
  vendor_.advance(60, &world_);
  poll();  // The change itself comes with the overlap at the latest.
  EXPECT_EQ(live_.at("invoice:1"), "1");
}

TEST_F(QuickBooksVendor, ASleepOfAMonthReadsEverythingAgain) {
  put("Invoice", "1");
  poll();
  vendor_.advance(31 * 86'400, &world_);
  put("Invoice", "2");
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(live_.size(), 2u);
}

TEST_F(QuickBooksVendor, RefreshTokensRotateOverAYear) {
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(poll().status, GANTRY_OK) << i;
    vendor_.advance(86'400, &world_);
  }
  EXPECT_EQ(vendor_.count(kTokenCall), 12);
  EXPECT_EQ(world_.secrets["/refresh_token"].front(), "refresh-12");
}

TEST_F(QuickBooksVendor, ALostRotationIsSaidInPlainWords) {
  vendor_.tell(
      "faults",
      json::array({{{"match", kTokenCall}, {"times", 2}, {"hang_up", true}, {"before", true}}})
          .dump());
  EXPECT_EQ(poll().status, GANTRY_TRANSIENT);
  vendor_.tell("faults", "[]");
  vendor_.advance(60, &world_);
  const auto output = poll();
  EXPECT_EQ(output.status, GANTRY_AUTH);
  EXPECT_NE(output.error.message.find("was lost"), std::string::npos);
}

TEST_F(QuickBooksVendor, ASpentBudgetAWrongEnvironmentAndOddAnswersAreTold) {
  vendor_.tell("budget", R"({"spent":true})");
  EXPECT_EQ(poll().status, GANTRY_RATE_LIMITED);
  vendor_.tell("budget", R"({"spent":false})");
  EXPECT_EQ(poll().status, GANTRY_OK);
  vendor_.tell("plain", R"({"xml":true})");
  EXPECT_EQ(poll().error.code, "XML");
  vendor_.tell("plain", R"({"xml":false,"zoneless":true})");
  const std::string before = cursor_;
  vendor_.advance(60, &world_);
  EXPECT_EQ(poll().status, GANTRY_OK);
  EXPECT_EQ(cursor_, before);
}

/// Posts of the vendor are verified and parsed as the host does it.
class QuickBooksHooks : public QuickBooksVendor {
 protected:
  QuickBooksHooks() {
    vendor_.tell("webhook", json{{"url", door_.url("/webhooks/quickbooks")},
                                 {"secret", "verifier-token-of-the-app"}}
                                .dump());
  }
  test::LoopbackResponse answer_to(const test::LoopbackRequest& in) {
    if (broken_) return {503, {}, "", {}};
    test::Request request;
    request.headers = in.headers;
    request.body = in.body;
    request.received_at_ns = world_.now_ns;
    const auto verdict = source_->verify(request);
    if (verdict.decision != GANTRY_VERDICT_ACCEPT) return {401, {}, "", {}};
    accepted_.emplace(verdict.delivery_id, request);
    return {verdict.reply_status, {}, verdict.reply_body, {}};
  }
  void notify(const char* format, const char* name, const char* id, const char* operation,
              json how = json::object()) {
    how["format"] = format;
    how["events"] = {{{"name", name}, {"id", id}, {"operation", operation}}};
    vendor_.tell("notify", how.dump());
    vendor_.tell("flush");
  }
  void parse_all() {
    for (const auto& [id, request] : accepted_) take(source_->parse(request));
  }
  json deliveries() const { return json::parse(vendor_.ask("deliveries")); }

  std::map<std::string, test::Request> accepted_;  ///< By delivery id, as the inbox keeps them.
  bool broken_ = false;
  test::LoopbackHttp door_{[this](const test::LoopbackRequest& in) { return answer_to(in); }};
};

TEST_F(QuickBooksHooks, BothFormatsBringTheirRecords) {
  put("Invoice", "1");
  put("Bill", "2");
  notify("legacy", "Invoice", "1", "Create");
  notify("cloud", "Bill", "2", "Update");
  notify("cloud", "Vendor", "3", "Delete");
  EXPECT_EQ(accepted_.size(), 3u);
  parse_all();
  EXPECT_EQ(live_.size(), 2u);
  EXPECT_EQ(versions_.count("vendor:3"), 1u);
}

TEST_F(QuickBooksHooks, ADuplicateIsOneDelivery) {
  put("Invoice", "1");
  for (const auto* format : {"legacy", "cloud"}) {
    accepted_.clear();
    notify(format, "Invoice", "1", "Update", {{"duplicate", 2}});
    EXPECT_EQ(accepted_.size(), 1u) << format;
  }
}

TEST_F(QuickBooksHooks, AWrongTokenIsRefused) {
  notify("legacy", "Invoice", "1", "Update", {{"secret", "another-token"}});
  EXPECT_TRUE(accepted_.empty());
}

TEST_F(QuickBooksHooks, OneThatFailsHoldsTheNextBackUntilItIsTaken) {
  put("Invoice", "1");
  broken_ = true;
  notify("legacy", "Invoice", "1", "Update");
  broken_ = false;
  notify("cloud", "Invoice", "1", "Update");
  EXPECT_TRUE(accepted_.empty());  // The second waits behind the first.
  vendor_.advance(30, &world_);
  EXPECT_EQ(accepted_.size(), 2u);
  EXPECT_EQ(deliveries()[0]["answers"], json::parse("[503,200]"));
}

}  // namespace
}  // namespace gantry::quickbooks
