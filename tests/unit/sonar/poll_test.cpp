// The poller against the simulator, through the host's own HTTP client.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/sonar/sonar_samples.hpp"

namespace gantry::sonar {
namespace {

using nlohmann::json;

class SonarPoll : public testing::Test {
 protected:
  void start(const std::string& settings = R"(,"series":["OTRI/ATL"])") {
    vendor_ = std::make_unique<test::Vendor>("sonar");
    world_.http = vendor_->http();
    source_ = std::make_unique<test::Source>(plugin_, api_config(vendor_->url(), settings));
    ASSERT_EQ(source_->status, GANTRY_OK) << source_->error.message;
  }
  test::Output poll(std::string_view cursor = "") const {
    auto output = source_->poll(cursor);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    return output;
  }
  void restate(const char* date, const char* value, const char* series = "OTRI/ATL") const {
    vendor_->tell("restate", json({{"series", series}, {"date", date}, {"value", value}}).dump());
  }
  /// What the stores would hold after these records: id to (version, value).
  using Stored = std::map<std::string, std::pair<std::int64_t, std::string>>;
  static void fold(const test::Output& output, Stored& stored) {
    for (const auto& record : output.records) {
      auto& slot = stored[record.kind + ":" + record.key];
      const json metadata = json::parse(record.metadata);
      if (record.version >= slot.first) slot = {record.version, metadata["value"]};
    }
  }

  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  std::unique_ptr<test::Vendor> vendor_;
  std::unique_ptr<test::Source> source_;
};

TEST_F(SonarPoll, TheFirstPollReadsTheWindowOldestFirst) {
  start();
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 7u);
  EXPECT_EQ(output.records.front().key, "OTRI.ATL:2025-12-26");
  EXPECT_EQ(output.records.back().key, "OTRI.ATL:2026-01-01");
  EXPECT_EQ(output.checkpoints.size(), 1u);
  EXPECT_FALSE(output.more);
  EXPECT_EQ(vendor_->count("GET /data/OTRI/ATL/2025-12-26/2026-01-01"), 1);
}

TEST_F(SonarPoll, AnObservationBecomesThisRecord) {
  start(R"(,"series":["OTRI/ATL"],"window_days":2)");
  restate("2025-12-31", "8.10");
  restate("2026-01-01", "8.41");
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 2u);
  const auto& record = output.records[1];
  EXPECT_EQ(record.kind, "market_index");
  EXPECT_EQ(record.key, "OTRI.ATL:2026-01-01");
  EXPECT_EQ(record.title, "OTRI ATL 8.41");
  EXPECT_EQ(record.text, "OTRI ATL was 8.41 on 2026-01-01, up 0.31 from 8.10 on 2025-12-31.");
  EXPECT_EQ(record.raw, R"({"data_Timestamp":"2026-01-01T00:00:00","data_Value":8.41})");
  EXPECT_EQ(record.occurred_at_ns, kNow * kNs);
  EXPECT_EQ(record.version, kNow * kNs);
  EXPECT_EQ(record.participants, "[]");
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({"index":"OTRI","qualifier":"ATL",
    "date":"2026-01-01","value":"8.41","previous":"8.10"})"));
  EXPECT_EQ(output.records[0].text, "OTRI ATL was 8.10 on 2025-12-31.");
}

TEST_F(SonarPoll, TheThreeShapesGiveTheSameRecords) {
  start();
  Stored first;
  fold(poll(), first);
  for (const auto* shape : {"plain", "wrapped"}) {
    vendor_->tell("shape", json({{"series", "OTRI/ATL"}, {"shape", shape}}).dump());
    Stored other;
    fold(poll(), other);
    EXPECT_EQ(other, first) << shape;
  }
}

TEST_F(SonarPoll, UnchangedValuesAreNotToldAgain) {
  start();
  const auto first = poll();
  const auto second = poll(first.checkpoints.back());
  EXPECT_TRUE(second.records.empty());
  EXPECT_EQ(second.checkpoints.size(), 1u);
}

TEST_F(SonarPoll, ARestatedValueIsANewerVersion) {
  start();
  Stored stored;
  const auto first = poll();
  fold(first, stored);
  vendor_->advance(3600, &world_);
  restate("2025-12-30", "12.5");
  const auto second = poll(first.checkpoints.back());
  ASSERT_EQ(second.records.size(), 1u);
  EXPECT_EQ(second.records[0].key, "OTRI.ATL:2025-12-30");
  // The round's beginning: an hour on, and the 12 s that the first poll kept between two calls.
  EXPECT_EQ(second.records[0].version, (kNow + 3600 + 12) * kNs);
  EXPECT_TRUE(json::parse(second.records[0].metadata).contains("restated_from"));
  fold(second, stored);
  EXPECT_EQ(stored["market_index:OTRI.ATL:2025-12-30"].second, "12.5");
  // Restated once more, and back to what it was: each is newer than the one before.
  vendor_->advance(3600, &world_);
  restate("2025-12-30", "12.4");
  fold(poll(second.checkpoints.back()), stored);
  EXPECT_EQ(stored["market_index:OTRI.ATL:2025-12-30"].second, "12.4");
}

TEST_F(SonarPoll, WithoutMemoryTheSameValuesHaveTheSameVersions) {
  start();
  Stored first, again;
  fold(poll(), first);
  vendor_->advance(7200, &world_);
  fold(poll(), again);
  EXPECT_EQ(again, first);
}

TEST_F(SonarPoll, TheNextDayComesAndTheOldestLeavesTheMemory) {
  start();
  const auto first = poll();
  vendor_->advance(86'400, &world_);
  const auto second = poll(first.checkpoints.back());
  ASSERT_EQ(second.records.size(), 1u);
  EXPECT_EQ(second.records[0].key, "OTRI.ATL:2026-01-02");
  const json seen = json::parse(second.checkpoints.back())["seen"]["OTRI/ATL"];
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_FALSE(seen.contains("2025-12-26"));
}

TEST_F(SonarPoll, AnAlertIsRaisedOnceAndAgainOnlyAfterItCleared) {
  start(R"(,"series":["OTRI/ATL"],"window_days":1,
           "alerts":[{"index":"OTRI","qualifier":"ATL","above":10,"clear":9,"severity":"high"}])");
  std::string cursor;
  const auto alerts = [&](const char* value) {
    vendor_->advance(86'400, &world_);
    const auto day = json::parse(vendor_->ask("clock"))["now_s"].get<std::int64_t>() / 86'400 -
                     kNow / 86'400 + 1;
    restate(("2026-01-0" + std::to_string(day)).c_str(), value);
    const auto output = poll(cursor);
    cursor = output.checkpoints.back();
    std::vector<std::string> keys;
    for (const auto& record : output.records) {
      if (record.kind == "market_alert") keys.push_back(record.key);
    }
    return keys;
  };
  EXPECT_TRUE(alerts("10.00").empty());  // Not above.
  EXPECT_EQ(alerts("10.01"), std::vector<std::string>{"OTRI.ATL:above:10:2026-01-03"});
  EXPECT_TRUE(alerts("11").empty());    // Still.
  EXPECT_TRUE(alerts("9.5").empty());   // Below the limit, not yet at clear.
  EXPECT_TRUE(alerts("10.5").empty());  // So this is the same excursion.
  EXPECT_TRUE(alerts("9").empty());     // Clear.
  EXPECT_EQ(alerts("12"), std::vector<std::string>{"OTRI.ATL:above:10:2026-01-08"});
}

TEST_F(SonarPoll, AnAlertBecomesThisRecord) {
  start(R"(,"series":["OTRI/ATL"],"window_days":2,
           "alerts":[{"index":"OTRI","qualifier":"ATL","below":7.5}])");
  restate("2025-12-31", "8");
  restate("2026-01-01", "7.25");
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 3u);
  const auto& record = output.records[2];
  EXPECT_EQ(record.kind, "market_alert");
  EXPECT_EQ(record.title, "OTRI ATL is 7.25, below 7.5");
  EXPECT_EQ(json::parse(record.raw), json::parse(R"({
    "alert_id":"OTRI.ATL:below:7.5:2026-01-01","alert_description":"OTRI ATL is 7.25, below 7.5",
    "severity":"warning","timestamp":"2026-01-01T00:00:00Z","index":"OTRI","qualifier":"ATL",
    "value":"7.25","previous":"8"})"));
}

constexpr const char* kThree = R"(,"series":["OTRI/ATL","VCRPM1/USA","OTVI/LAX"],
    "alerts":[{"index":"OTVI","qualifier":"LAX","above":1}])";

TEST_F(SonarPoll, AnInterruptedChainEmitsTheSameRecords) {
  start(kThree);
  Stored whole;
  const auto uninterrupted = poll();
  fold(uninterrupted, whole);
  EXPECT_EQ(whole.size(), 22u);
  for (std::size_t stop = 1; stop <= 22; ++stop) {
    Stored chained;
    std::string cursor;
    std::size_t records_max = stop;
    for (bool more = true; more;) {
      vendor_->advance(60);  // The vendor's limit is another test's.
      world_.records_max = records_max;
      const auto output = poll(cursor);
      world_.records_max = SIZE_MAX;
      fold(output, chained);
      if (!output.checkpoints.empty()) cursor = output.checkpoints.back();
      if (output.checkpoints.empty()) records_max += stop;  // No series fits one call.
      more = output.more;
    }
    EXPECT_EQ(chained, whole) << stop;
  }
  for (std::size_t i = 0; i + 1 < uninterrupted.checkpoints.size(); ++i) {
    vendor_->advance(60);
    Stored rest;
    fold(poll(uninterrupted.checkpoints[i]), rest);
    EXPECT_EQ(rest.size(), 22u - 7u * (i + 1)) << i;
  }
}

TEST_F(SonarPoll, CallsKeepThePace) {
  start(kThree);
  const std::int64_t before = world_.now_ns;
  poll();
  // Login and three series, 12 seconds from one to the next.
  EXPECT_EQ(world_.now_ns - before, 3 * 12 * kNs);
}

TEST_F(SonarPoll, ATokenIsRenewedDaily) {
  start();
  std::string cursor = poll().checkpoints.back();
  vendor_->advance(23 * 3600, &world_);
  cursor = poll(cursor).checkpoints.back();
  EXPECT_EQ(vendor_->count("POST /Credential/authenticate"), 1);
  vendor_->advance(2 * 3600, &world_);
  poll(cursor);
  EXPECT_EQ(vendor_->count("POST /Credential/authenticate"), 2);
}

TEST_F(SonarPoll, ARefusedTokenIsRenewedOnceThenTheSourceRests) {
  start();
  const std::string cursor = poll().checkpoints.back();
  vendor_->tell("revoke");
  poll(cursor);
  EXPECT_EQ(vendor_->count("POST /Credential/authenticate"), 2);
  vendor_->tell("revoke");
  world_.secrets["/password"] = {"wrong"};
  EXPECT_EQ(source_->poll(cursor).status, GANTRY_AUTH);
  EXPECT_EQ(source_->poll(cursor).error.code, "COOL_DOWN");
  EXPECT_EQ(vendor_->count("POST /Credential/authenticate"), 3);
}

TEST_F(SonarPoll, TheBlockIsWaitedOutForHalfAnHour) {
  start();
  poll();
  vendor_->tell("faults", R"([{"match":"GET /data","status":451}])");
  const auto blocked = source_->poll("");
  EXPECT_EQ(blocked.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(blocked.error.code, "451");
  EXPECT_EQ(blocked.error.retry_after_ns, 1800 * kNs);
  const std::size_t calls = json::parse(vendor_->ask("requests")).size();
  vendor_->advance(1700, &world_);
  const auto still = source_->poll("");
  EXPECT_EQ(still.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(still.error.code, "BLOCKED");
  EXPECT_LE(still.error.retry_after_ns, 100 * kNs);
  EXPECT_EQ(json::parse(vendor_->ask("requests")).size(), calls);  // Nobody knocked.
  vendor_->advance(101, &world_);
  EXPECT_EQ(poll().records.size(), 7u);
}

TEST_F(SonarPoll, TheVendorsLimitIsRespectedWhateverThePace) {
  start(R"(,"requests_per_minute":100,"series":["OTRI/ATL"])");
  // The clock of the simulator stands still: all calls fall into one of its minutes.
  gantry_status status = GANTRY_OK;
  for (int i = 0; i < 120 && status == GANTRY_OK; ++i) status = source_->poll("").status;
  EXPECT_EQ(status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(source_->poll("").status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(json::parse(vendor_->tell("state"))["blocked"], false);
}

TEST_F(SonarPoll, AnUnknownSeriesDoesNotHoldUpTheOthers) {
  start(kThree);
  vendor_->tell("unknown", R"({"series":"VCRPM1/USA"})");
  const auto output = poll();
  EXPECT_EQ(output.records.size(), 15u);
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.rejected[0].first, "VCRPM1/USA");
  EXPECT_EQ(output.rejected[0].second.code, "404");
}

TEST_F(SonarPoll, APoisonRowIsRejectedAndTheOthersGoOn) {
  start();
  vendor_->tell("faults", R"([{"match":"GET /data","status":200,"body":[
      {"date":"2025-12-31","value":null},{"date":"soon","value":1},7,{"date":"2026-01-01"},
      {"date":"2025-12-30","value":"x"},{"timestamp":"2026-01-01T00:00:00-05:00","VALUE":"8.50"},
      {"date":"2019-01-01","value":3}]}])");
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].key, "OTRI.ATL:2026-01-01");
  EXPECT_EQ(output.records[0].title, "OTRI ATL 8.50");
  EXPECT_EQ(json::parse(output.records[0].metadata)["tz"], "-05:00");
  EXPECT_EQ(output.rejected.size(), 3u);
}

TEST_F(SonarPoll, HttpFailuresHaveTheirMeaning) {
  start();
  const auto answer = [&](const std::string& fault) {
    vendor_->tell("faults", "[{\"match\":\"GET /data\"," + fault + "}]");
    const auto output = source_->poll("");
    EXPECT_TRUE(output.checkpoints.empty()) << fault;
    return output.status;
  };
  EXPECT_EQ(answer(R"("status":503)"), GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("hang_up":true)"), GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("cut":3)"), GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("status":200,"body":{"data":7})"), GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("status":403)"), GANTRY_AUTH);
}

TEST_F(SonarPoll, AGarbageCursorIsData) {
  start();
  const std::string good = poll().checkpoints.back();
  for (const std::string& cursor :
       {std::string("x"), std::string("{}"), std::string(R"({"v":2})"),
        std::string(R"({"v":1,"began_ns":0,"seen":{"A/B":7},"raised":[]})"),
        std::string(R"({"v":1,"began_ns":"x","seen":{},"raised":[]})")}) {
    EXPECT_EQ(source_->poll(cursor).status, GANTRY_DATA) << cursor;
    EXPECT_EQ(source_->poll(cursor).error.code, "CURSOR");
  }
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(source_->poll(good.substr(0, size)).status, GANTRY_DATA) << size;
  }
}

TEST_F(SonarPoll, TheLargestCursorIsWithinItsLimit) {
  json series = json::array();
  for (int i = 0; i < 200; ++i) {
    series.push_back(std::string(29, 'I') + std::to_string(100 + i) + "/" + std::string(32, 'Q'));
  }
  start(R"(,"requests_per_minute":100,"window_days":5,"series":)" + series.dump());
  world_.http = [](const test::HttpExchange& exchange) {
    test::HttpAnswer answer;
    json rows = json::array();
    for (const auto* day : {"2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31", "2026-01-01"}) {
      rows.push_back({{"date", day}, {"value", "1." + std::string(30, '1')}});
    }
    answer.body = exchange.method == "POST" ? R"({"token":"t"})" : rows.dump();
    return answer;
  };
  const auto output = poll();
  EXPECT_EQ(output.records.size(), 1000u);
  EXPECT_LE(output.checkpoints.back().size(), 64u << 10) << output.checkpoints.back().size();
}

TEST_F(SonarPoll, CheckUsesTheFreeLookUpAndSaysWhatIsWrong) {
  start();
  const auto last = [&] { return source_->check().back(); };
  EXPECT_EQ(last().state, GANTRY_CHECK_PASS) << last().what;
  EXPECT_EQ(json::parse(vendor_->tell("state"))["billed"], 0);
  vendor_->tell("faults", R"([{"match":"GET /Lookup","hang_up":true}])");
  EXPECT_NE(last().remedy.find("reaches"), std::string::npos);
  vendor_->tell("revoke");
  world_.secrets["/password"] = {"wrong-password"};
  EXPECT_NE(last().remedy.find("username and password"), std::string::npos);
  world_.secrets.erase("/password");
  EXPECT_EQ(last().state, GANTRY_CHECK_FAIL);
}

TEST_F(SonarPoll, ACancelledPollStops) {
  start();
  world_.cancelled = true;
  EXPECT_EQ(source_->poll("").status, GANTRY_CANCELLED);
}

TEST_F(SonarPoll, ASourceOfWebhooksDoesNotPoll) {
  const test::Source source(plugin_, webhook_config("sonarqube"));
  EXPECT_EQ(source.poll("").status, GANTRY_CONFIG);
}

}  // namespace
}  // namespace gantry::sonar
