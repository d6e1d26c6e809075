/// The connector against a simulator of Samsara on loopback, through the host's HTTP client.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/loopback_http.hpp"
#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

using nlohmann::json;

/// The simulator's first second: 2026-01-01T00:00:00Z, a window's start.
constexpr std::int64_t kSimS = 1'767'225'600;

/// What arrived at the door: each request's verdict, in order. Answers as the host would.
class Door {
 public:
  Door(const test::Source& source, const std::int64_t& now_ns)
      : server_([&source, &now_ns, this](const test::LoopbackRequest& in) {
          test::Request request;
          request.method = in.method;
          request.target = in.target;
          request.headers = in.headers;
          request.body = in.body;
          request.received_at_ns = now_ns;
          verdicts.push_back(source.verify(request));
          const bool good = verdicts.back().decision == GANTRY_VERDICT_ACCEPT;
          if (failures_left > 0) {
            --failures_left;
            return test::LoopbackResponse{503, {}, "", {}};
          }
          return test::LoopbackResponse{good ? 202u : 401u, {}, "", {}};
        }) {}

  std::string url() const { return server_.url("/webhooks/test"); }

  std::vector<test::Verdict> verdicts;
  int failures_left = 0;

 private:
  test::LoopbackHttp server_;
};

class SamsaraVendor : public testing::Test {
 protected:
  SamsaraVendor() {
    plugin_.world().http = vendor_.http();
    plugin_.world().now_ns = kSimS * kSecondNs;
  }
  std::string config(std::string_view more = "") const {
    return R"({"api_token":"env:T","webhook_secret":"env:S","api_url":")" + vendor_.url() + "\"" +
           std::string(more) + "}";
  }
  void ping(const std::string& asset, std::int64_t time_s, const std::string& stat = "gps",
            const std::string& value = R"({"latitude":41.5,"longitude":-88.1})") {
    vendor_.tell("ping", R"({"asset":")" + asset + R"(","time_s":)" + std::to_string(time_s) +
                             R"(,"stat":")" + stat + R"(","value":)" + value + "}");
  }
  void advance(std::int64_t seconds) { vendor_.advance(seconds, &plugin_.world()); }
  test::Output next(const test::Feed& feed) {
    auto output = feed.next();
    for (const auto& record : output.records) {
      auto& stored = stored_[record.key];
      if (stored.key.empty() || record.version >= stored.version) stored = record;
    }
    if (!output.checkpoints.empty()) cursor_ = output.checkpoints[0];
    return output;
  }
  int pings_of(const std::string& key) {
    return json::parse(stored_.at(key).metadata)["pings"].get<int>();
  }

  test::Plugin& plugin_ = plugin();
  test::Vendor vendor_{"samsara"};
  std::map<std::string, test::Record> stored_;
  std::string cursor_;
};

TEST_F(SamsaraVendor, WindowsSurviveARestartAndAnExpiredCursor) {
  const test::Source source(plugin_, config());
  {
    const test::Feed feed(source, "");
    ASSERT_EQ(next(feed).status, GANTRY_OK);
    advance(60);
    ping("1", kSimS + 30);
    ping("2", kSimS + 31);
    ASSERT_EQ(next(feed).status, GANTRY_OK);
  }
  advance(60);
  ping("1", kSimS + 100);
  for (int i = 0; i < 3; ++i) {  // Opened again for each call.
    ASSERT_EQ(next(test::Feed(source, cursor_)).status, GANTRY_OK);
    advance(6);
  }
  vendor_.tell("expire");
  ping("1", kSimS + 130);
  ping("2", kSimS + 131);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(next(test::Feed(source, cursor_)).status, GANTRY_OK);
    advance(6);
  }
  EXPECT_TRUE(stored_.empty());
  advance(800);
  ASSERT_EQ(next(test::Feed(source, cursor_)).status, GANTRY_OK);
  ASSERT_EQ(stored_.size(), 2u);
  EXPECT_EQ(pings_of("1:2026-01-01T00:00:00Z"), 3);
  EXPECT_EQ(pings_of("2:2026-01-01T00:00:00Z"), 2);
}

TEST_F(SamsaraVendor, AFractionalRetryAfterIsRead) {
  vendor_.tell("faults", R"([{"match":"GET /fleet/vehicles","status":429,
    "headers":{"Retry-After":"0.40235"},"body":{"message":"Too many requests","requestId":"r"}}])");
  const test::Source source(plugin_, config());
  const test::Feed feed(source, "");
  const auto output = feed.next(100, 1 << 20, kSecondNs);
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  EXPECT_EQ(plugin_.world().now_ns, kSimS * kSecondNs + 402'350'000);
  EXPECT_EQ(vendor_.count("GET /fleet/vehicles/stats/feed"), 2);
}

TEST_F(SamsaraVendor, ARunOfEmptyPagesKeepsTheCursor) {
  const test::Source source(plugin_, config());
  const test::Feed feed(source, "");
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(next(feed).status, GANTRY_OK);
    advance(5);
  }
  EXPECT_EQ(vendor_.count("GET /fleet/vehicles/stats/feed"), 20);
  ping("1", kSimS + 99);
  ASSERT_EQ(next(feed).status, GANTRY_OK);
  advance(1000);
  ASSERT_EQ(next(feed).status, GANTRY_OK);
  EXPECT_EQ(stored_.size(), 1u);
}

TEST_F(SamsaraVendor, ACutAnswerIsAskedForAgain) {
  vendor_.tell("faults", R"([{"match":"GET /fleet/vehicles","cut":5}])");
  const test::Source source(plugin_, config());
  const test::Feed feed(source, "");
  EXPECT_EQ(feed.next().status, GANTRY_TRANSIENT);
  EXPECT_EQ(feed.next().status, GANTRY_OK);
}

TEST_F(SamsaraVendor, SeveralFeedsShareOneStream) {
  vendor_.tell(
      "event",
      R"({"stream":"/dvirs/stream","data":{"id":"0042","startTime":"2026-01-01T00:00:01Z","vehicle":{"id":"1","name":"T-1"}}})");
  ping("1", kSimS - 100);
  const test::Source source(plugin_,
                            config(R"(,"feeds":["vehicle_stats","dvirs","safety_audit"])"));
  const auto output = next(test::Feed(source, ""));
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  EXPECT_EQ(stored_.size(), 2u);
  EXPECT_EQ(stored_.at("0042").kind, "dvir");
}

TEST_F(SamsaraVendor, ARevokedTokenIsAuth) {
  const test::Source source(plugin_, config());
  EXPECT_EQ(source.check().back().state, GANTRY_CHECK_PASS);
  vendor_.tell("revoke");
  EXPECT_EQ(test::Feed(source, "").next().status, GANTRY_AUTH);
  EXPECT_EQ(source.check().back().state, GANTRY_CHECK_FAIL);
}

TEST_F(SamsaraVendor, ItsWebhooksAreAcceptedOnceHoweverOftenTheyAreSent) {
  const test::Source source(plugin_, config());
  Door door(source, plugin_.world().now_ns);
  vendor_.tell("webhook", R"({"url":")" + door.url() + R"(","secret":"dGVzdC1zZWNyZXQ="})");
  const std::string event = R"({"event":{"eventId":"e-1","eventType":"GeofenceEntry","data":{}})";
  door.failures_left = 2;  // Sent again after 60 s and after 300 s more.
  vendor_.tell("emit", event + "}");
  vendor_.tell("flush");
  advance(60);
  advance(300);
  vendor_.tell("emit", event + R"(,"duplicate":1})");
  vendor_.tell("flush");
  ASSERT_EQ(door.verdicts.size(), 5u);
  for (const auto& verdict : door.verdicts) {
    EXPECT_EQ(verdict.decision, GANTRY_VERDICT_ACCEPT) << verdict.reason;
    EXPECT_EQ(verdict.delivery_id, "e-1");
  }
  EXPECT_EQ(json::parse(vendor_.ask("deliveries"))[0]["state"], "delivered");
}

TEST_F(SamsaraVendor, AWrongSecretAndASkewedClockAreRejected) {
  const test::Source source(plugin_, config());
  Door door(source, plugin_.world().now_ns);
  vendor_.tell("webhook", R"({"url":")" + door.url() + R"(","secret":"dGVzdC1zZWNyZXQ="})");
  vendor_.tell("emit", R"({"event":{"eventId":"e-1","eventType":"Ping"},"secret":"b3RoZXI="})");
  vendor_.tell("emit", R"({"event":{"eventId":"e-2","eventType":"Ping"},"skew_s":-301})");
  vendor_.tell("flush");
  ASSERT_EQ(door.verdicts.size(), 2u);
  EXPECT_EQ(door.verdicts[0].reason, "signature_mismatch");
  EXPECT_EQ(door.verdicts[1].reason, "stale");
}

}  // namespace
}  // namespace gantry::samsara
