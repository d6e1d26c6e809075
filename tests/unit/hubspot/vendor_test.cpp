/// The connector against a simulator of HubSpot on loopback, through the host's HTTP client.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/loopback_http.hpp"
#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

using nlohmann::json;

/// What arrived at the door: each request's verdict, in order. Answers as the host would.
class Door {
 public:
  explicit Door(const std::int64_t& now_ns)
      : server_([&now_ns, this](const test::LoopbackRequest& in) {
          test::Request request;
          request.method = in.method;
          request.target = in.target;
          request.headers = in.headers;
          request.body = in.body;
          request.received_at_ns = now_ns;
          verdicts.push_back(source->verify(request));
          const bool good = verdicts.back().decision == GANTRY_VERDICT_ACCEPT;
          if (failures_left > 0) {
            --failures_left;
            return test::LoopbackResponse{503, {}, "", {}};
          }
          return test::LoopbackResponse{good ? 202u : 401u, {}, "", {}};
        }) {}

  std::string url() const { return server_.url("/webhooks/test"); }

  const test::Source* source = nullptr;  ///< Its address is known only once the door is open.
  std::vector<test::Verdict> verdicts;
  int failures_left = 0;

 private:
  test::LoopbackHttp server_;
};

class HubspotVendor : public testing::Test {
 protected:
  explicit HubspotVendor(const std::vector<std::string>& arguments = {})
      : vendor_("hubspot", arguments) {
    plugin_.world().http = [this, ask = vendor_.http()](const test::HttpExchange& call) {
      follow();
      return ask(call);
    };
  }
  /// The simulator's clock goes where the connector waited.
  void follow() {
    const std::int64_t ms = plugin_.world().now_ns / kMsNs;
    if (ms == told_ms_) return;
    told_ms_ = ms;
    vendor_.tell("clock", R"({"now_s":)" + std::to_string(ms / 1000) + "." +
                              std::to_string(1000 + ms % 1000).substr(1) + "}");
  }
  void advance(std::int64_t seconds) {
    plugin_.world().now_ns += seconds * 1'000'000'000;
    follow();
  }
  std::string config(std::string_view more) const {
    return R"({"api_url":")" + vendor_.url() + "\"," + std::string(more) + "}";
  }
  std::string private_app() const {
    return config(R"("access_token":"env:T","objects":["contacts"])");
  }
  void round(const test::Source& source) {
    for (bool more = true; more;) {
      const auto output = source.poll(cursor_);
      ASSERT_EQ(output.status, GANTRY_OK) << output.error.message << output.error.detail;
      if (!output.checkpoints.empty()) cursor_ = output.checkpoints.back();
      for (const auto& record : output.records) {
        auto& stored = stored_[record.key];
        if (stored.key.empty() || record.version >= stored.version) stored = record;
      }
      more = output.more;
    }
  }

  test::Plugin& plugin_ = plugin();
  test::Vendor vendor_;
  std::int64_t told_ms_ = kNowMs;
  std::string cursor_;
  std::map<std::string, test::Record> stored_;
};

TEST_F(HubspotVendor, TenThousandAndOneRowsOnOneTimestampAreAllRead) {
  vendor_.tell("bulk",
               R"({"type":"contacts","first":1,"count":10001,"modified_ms":1767225500000})");
  vendor_.tell("bulk",
               R"({"type":"contacts","first":20001,"count":3,"modified_ms":1767225500001})");
  round(test::Source(plugin_, private_app()));
  EXPECT_EQ(stored_.size(), 10'004u);
  // Five searches a second were never exceeded.
  for (const auto& call : json::parse(vendor_.ask("requests"))) EXPECT_NE(call["status"], 429);
}

TEST_F(HubspotVendor, AnArchivedContactBecomesATombstone) {
  vendor_.tell(
      "write",
      R"({"type":"contacts","id":7,"properties":{"firstname":"Dee"},"modified_ms":1767225500000})");
  const test::Source source(plugin_, private_app());
  round(source);
  EXPECT_EQ(stored_.at("7").flags, 0u);
  advance(3600);
  vendor_.tell("archive", R"({"type":"contacts","id":7})");
  advance(24 * 3600);
  round(source);
  EXPECT_EQ(stored_.at("7").flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(HubspotVendor, OauthRenewsARevokedToken) {
  const test::Source source(
      plugin_,
      config(
          R"("client_id":"c-1","client_secret":"env:S","refresh_token":"env:R","objects":["contacts"])"));
  round(source);
  EXPECT_EQ(vendor_.count("POST /oauth/v1/token"), 1);
  vendor_.tell("revoke");
  advance(900);
  round(source);
  EXPECT_EQ(vendor_.count("POST /oauth/v1/token"), 2);
}

TEST_F(HubspotVendor, ALimitIsTheHostsBusinessAndLosesNothing) {
  vendor_.tell("bulk", R"({"type":"contacts","first":1,"count":450,"modified_ms":1767225500000})");
  vendor_.tell("faults",
               R"([{"match":"POST /crm","skip":1,"status":429,"headers":{"Retry-After":"2"}}])");
  const test::Source source(plugin_, private_app());
  const auto output = source.poll("");
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(output.error.retry_after_ns, 2'000'000'000);
  ASSERT_EQ(output.checkpoints.size(), 1u);
  cursor_ = output.checkpoints[0];
  for (const auto& record : output.records) stored_[record.key] = record;
  advance(2);
  round(source);
  EXPECT_EQ(stored_.size(), 450u);
}

TEST_F(HubspotVendor, AnEventsObjectIsReadWhole) {
  vendor_.tell(
      "write",
      R"({"type":"deals","id":9112,"properties":{"dealname":"Joliet","amount":"10.00"},"modified_ms":1767225600123})");
  const test::Source source(
      plugin_, config(R"("access_token":"env:T","client_secret":"env:S","objects":["deals"])"));
  const auto output = source.parse(request(kDealChange));
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].title, "Joliet");
  EXPECT_EQ(output.records[0].version, 1'767'225'600'123 * kMsNs);
  // Gone since: nothing to tell, and the delivery is done.
  vendor_.tell("archive", R"({"type":"deals","id":9112})");
  EXPECT_EQ(source.parse(request(kDealChange)).status, GANTRY_OK);
}

TEST_F(HubspotVendor, ItsWebhooksOfEveryVersionAreOneDeliveryHoweverOftenTheyAreSent) {
  for (const std::string version : {"v3", "v2", "v1"}) {
    Door door(plugin_.world().now_ns);
    const test::Source source(plugin_, R"({"client_secret":"env:S","public_url":")" + door.url() +
                                           R"(","signatures":[")" + version + "\"]}");
    door.source = &source;
    vendor_.tell("sign", R"({"version":")" + version + "\"}");
    vendor_.tell("webhook",
                 R"({"url":")" + door.url() + R"(","secret":")" + std::string(kSecret) + "\"}");
    door.failures_left = 2;  // Sent again after 60 s and after 300 s more.
    vendor_.tell("emit", R"({"event":)" + std::string(kDealChange) + R"(,"duplicate":1})");
    vendor_.tell("flush");
    advance(60);
    advance(300);
    ASSERT_EQ(door.verdicts.size(), 4u) << version;
    for (const auto& verdict : door.verdicts) {
      EXPECT_EQ(verdict.decision, GANTRY_VERDICT_ACCEPT) << version << ' ' << verdict.reason;
      EXPECT_EQ(verdict.delivery_id, door.verdicts[0].delivery_id);
    }
    // The same eventId on another object is another delivery.
    json other = json::parse(kDealChange);
    other[0]["objectId"] = 9113;
    vendor_.tell("emit", R"({"event":)" + other.dump() + "}");
    vendor_.tell("flush");
    ASSERT_EQ(door.verdicts.size(), 5u);
    EXPECT_NE(door.verdicts[4].delivery_id, door.verdicts[0].delivery_id);
  }
}

TEST_F(HubspotVendor, AWrongSecretAndASkewedClockAreRejected) {
  Door door(plugin_.world().now_ns);
  const test::Source source(plugin_,
                            R"({"client_secret":"env:S","public_url":")" + door.url() + "\"}");
  door.source = &source;
  vendor_.tell("webhook",
               R"({"url":")" + door.url() + R"(","secret":")" + std::string(kSecret) + "\"}");
  vendor_.tell("emit", R"({"event":[],"secret":"other"})");
  vendor_.tell("emit", R"({"event":[],"skew_s":301})");
  vendor_.tell("flush");
  ASSERT_EQ(door.verdicts.size(), 2u);
  EXPECT_EQ(door.verdicts[0].reason, "signature_mismatch");
  EXPECT_EQ(door.verdicts[1].reason, "future");
}

class LaggingHubspot : public HubspotVendor {
 protected:
  LaggingHubspot() : HubspotVendor({"lag=120"}) {}
};

TEST_F(LaggingHubspot, AWriteThatSearchShowsLateIsFound) {
  const test::Source source(plugin_, private_app());
  vendor_.tell("write", R"({"type":"contacts","id":1,"modified_ms":1767225600000})");
  advance(60);
  vendor_.tell("write", R"({"type":"contacts","id":2,"modified_ms":1767225590000})");
  advance(61);
  round(source);  // Shows the first one only.
  EXPECT_EQ(stored_.size(), 1u);
  advance(60);
  round(source);
  EXPECT_EQ(stored_.size(), 2u);
}

}  // namespace
}  // namespace gantry::hubspot
