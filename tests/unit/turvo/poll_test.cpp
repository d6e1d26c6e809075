// The poller against the simulator, through the host's own HTTP client.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/turvo/turvo_samples.hpp"

namespace gantry::turvo {
namespace {

using nlohmann::json;

class TurvoPoll : public testing::Test {
 protected:
  void start(const std::vector<std::string>& arguments, const std::string& settings = "") {
    vendor_ = std::make_unique<test::Vendor>("turvo", arguments);
    world_.http = vendor_->http();
    source_ = std::make_unique<test::Source>(plugin_, api_config(vendor_->url(), settings));
    ASSERT_EQ(source_->status, GANTRY_OK) << source_->error.message;
  }
  test::Output poll(std::string_view cursor = "") const {
    auto output = source_->poll(cursor);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message << output.error.detail;
    return output;
  }
  static std::multiset<std::string> keys(const test::Output& output) {
    std::multiset<std::string> all;
    for (const auto& record : output.records) all.insert(record.key);
    return all;
  }
  static std::set<std::string> distinct(const test::Output& output) {
    const auto all = keys(output);
    return {all.begin(), all.end()};
  }
  /// Polls until nothing more is there, from each last checkpoint, with at most `records_max`
  /// records a call.
  std::set<std::string> chain(std::size_t records_max) {
    std::set<std::string> all;
    std::string cursor;
    for (int calls = 0; calls < 1000; ++calls) {
      world_.records_max = records_max;
      const auto output = source_->poll(cursor);
      world_.records_max = SIZE_MAX;
      EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
      for (const auto& record : output.records) all.insert(record.key);
      if (!output.checkpoints.empty()) cursor = output.checkpoints.back();
      if (!output.more) return all;
      // A page larger than what one call takes is never covered: let the next call take more.
      if (output.checkpoints.empty()) records_max += records_max;
    }
    ADD_FAILURE() << "the chain does not end";
    return all;
  }

  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  std::unique_ptr<test::Vendor> vendor_;
  std::unique_ptr<test::Source> source_;
};

TEST_F(TurvoPoll, TheFirstPollReadsTheWholeList) {
  start({"shipments=25"}, R"(,"page_size":10)");
  const auto output = poll();
  EXPECT_EQ(distinct(output).size(), 25u);
  EXPECT_FALSE(output.more);
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 1);
  // 10 rows, then 5 new ones beside 5 seen: 0, 5, 10, 15.
  EXPECT_EQ(vendor_->count("GET /shipments/list"), 4);
  EXPECT_EQ(output.checkpoints.size(), 4u);
  for (const auto& cursor : output.checkpoints) {
    EXPECT_EQ(json::parse(cursor)["v"], 1);
    EXPECT_LT(cursor.size(), 64u << 10);
  }
}

TEST_F(TurvoPoll, AShipmentBecomesThisRecord) {
  start({"shipments=1"});
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  const json row = json::parse(record.raw);
  EXPECT_EQ(record.kind, "shipment");
  EXPECT_EQ(record.key, "1000399120");
  const std::string lane =
      row["lane"]["start"].get<std::string>() + " to " + row["lane"]["end"].get<std::string>();
  EXPECT_EQ(record.title, "LD-00000 " + lane);
  EXPECT_EQ(record.text, row["status"]["code"]["value"].get<std::string>() + "\n" + lane);
  EXPECT_EQ(record.version, (kNow - 60) * kNs);
  EXPECT_EQ(record.occurred_at_ns, (kNow - 60) * kNs);
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"customer","name":"Acme Foods","handle":"","external_id":"22"},
    {"role":"carrier","name":"QL Haul","handle":"","external_id":"31"}])"));
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["custom_id"], "LD-00000");
  EXPECT_EQ(metadata["tz"], "America/Chicago");
  EXPECT_EQ(metadata["customer_orders"][0]["total_amount"], "1000.50");
  EXPECT_FALSE(metadata.contains("extra"));
}

TEST_F(TurvoPoll, ALaterPollEmitsWhatChangedAndStopsAtUnchangedRows) {
  start({"shipments=500"}, R"(,"page_size":50,"overlap":60)");
  const std::string cursor = poll().checkpoints.back();
  const int calls = vendor_->count("GET /shipments/list");
  vendor_->advance(900, &world_);
  vendor_->tell("touch", R"({"id":1000399123})");
  vendor_->tell("add", R"({"count":2})");
  const auto output = poll(cursor);
  const auto seen = distinct(output);
  EXPECT_TRUE(seen.contains("1000399123"));
  // The three, and the row at the old mark with the one a minute before it.
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(vendor_->count("GET /shipments/list") - calls, 2);

  const auto again = poll(output.checkpoints.back());
  for (const auto& key : distinct(again)) EXPECT_TRUE(seen.contains(key)) << key;
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 1);
}

TEST_F(TurvoPoll, RowsReadAgainKeepTheirVersion) {
  start({"shipments=3"});
  const auto first = poll();
  const auto second = poll(first.checkpoints.back());
  std::map<std::string, std::int64_t> versions;
  for (const auto& record : first.records) versions[record.key] = record.version;
  for (const auto& record : second.records) EXPECT_EQ(record.version, versions[record.key]);
}

TEST_F(TurvoPoll, RowsThatMoveDownAreNotMissed) {
  start({"shipments=60"}, R"(,"page_size":20)");
  // Between the first and the second page three old rows change and come to the top.
  vendor_->tell("faults",
                R"([{"match":"GET /shipments/list","skip":1,"admin":["add",{"count":7}]}])");
  const auto seen = distinct(poll());
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(seen.contains(std::to_string(1000399120 + i))) << i;
}

TEST_F(TurvoPoll, RowsThatMoveUpPastTheOverlapAreNotMissed) {
  start({"shipments=60"}, R"(,"page_size":20)");
  // Twelve of the first page's rows vanish: more than the five that two pages share.
  json ids = json::array();
  for (int i = 59; i > 47; --i) ids.push_back(1000399120 + i);
  vendor_->tell(
      "faults",
      json::array(
          {{{"match", "GET /shipments/list"}, {"skip", 1}, {"admin", {"remove", {{"ids", ids}}}}}})
          .dump());
  const auto seen = distinct(poll());
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(seen.contains(std::to_string(1000399120 + i))) << i;
}

TEST_F(TurvoPoll, AChangeWhileTheListIsReadComesWithTheNextPoll) {
  start({"shipments=60"}, R"(,"page_size":20)");
  vendor_->tell("faults", R"([{"match":"GET /shipments/list","skip":2,
                               "admin":["touch",{"id":1000399121}]}])");
  const auto first = poll();
  const auto second = poll(first.checkpoints.back());
  EXPECT_TRUE(distinct(first).contains("1000399121") || distinct(second).contains("1000399121"));
  EXPECT_TRUE(distinct(second).contains("1000399121"));
}

TEST_F(TurvoPoll, AListInAnotherOrderIsReadToItsEndAndSaidSo) {
  start({"shipments=60", "order=id"}, R"(,"page_size":20)");
  const std::string cursor = poll().checkpoints.back();
  vendor_->advance(3600, &world_);
  vendor_->tell("touch", R"({"id":1000399179})");
  vendor_->tell("touch", R"({"id":1000399150})");
  const auto seen = distinct(poll(cursor));
  EXPECT_TRUE(seen.contains("1000399179"));
  EXPECT_TRUE(seen.contains("1000399150"));
  ASSERT_FALSE(world_.log.empty());
  EXPECT_NE(world_.log[0].find("list_not_newest_first"), std::string::npos);
}

TEST_F(TurvoPoll, WithAQueryOfChangesOnlyTheseAreAskedFor) {
  start({"shipments=60", "order=id"},
        R"(,"page_size":20,"overlap":0,"updated_since":"lastUpdatedOn[gte]={since}")");
  const std::string cursor = poll().checkpoints.back();
  vendor_->advance(3600, &world_);
  vendor_->tell("touch", R"({"id":1000399150})");
  const auto output = poll(cursor);
  // Id 1000399179 is the newest row of before: it is at the mark and comes again.
  EXPECT_EQ(distinct(output), (std::set<std::string>{"1000399150", "1000399179"}));
  EXPECT_NE(vendor_->ask("requests").find("2025-12-31T23:59:00Z"), std::string::npos);
}

TEST_F(TurvoPoll, AnInterruptedChainEmitsTheSameRecords) {
  start({"shipments=33"}, R"(,"page_size":10,"resources":["shipments","carriers","customers"],)"
                          R"("paths":{"customers":"/accounts/list"})");
  const auto whole = distinct(poll());
  EXPECT_EQ(whole.size(), 35u);
  EXPECT_TRUE(whole.contains("00031"));  // A carrier; leading zeros stay.
  for (std::size_t stop = 1; stop <= 40; ++stop) EXPECT_EQ(chain(stop), whole) << stop;
}

TEST_F(TurvoPoll, AChainBegunAtAnyCheckpointEndsTheSame) {
  start({"shipments=33"}, R"(,"page_size":10)");
  const auto whole = poll();
  for (std::size_t i = 0; i + 1 < whole.checkpoints.size(); ++i) {
    // What was emitted before the checkpoint and what comes after it.
    auto seen = distinct(poll(whole.checkpoints[i]));
    for (std::size_t r = 0; r < std::min(whole.records.size(), (i + 1) * 10); ++r) {
      seen.insert(whole.records[r].key);
    }
    EXPECT_EQ(seen, distinct(whole)) << i;
  }
}

TEST_F(TurvoPoll, AGarbageCursorIsData) {
  start({"shipments=1"});
  const auto whole = poll();
  const std::string good = whole.checkpoints.back();
  for (const std::string& cursor :
       {std::string("x"), std::string("{}"), std::string("[]"),
        std::string(R"({"v":2,"marks":{}})"), std::string(R"({"v":1,"marks":{"shipments":"x"}})"),
        std::string(R"({"v":1,"marks":[]})"),
        std::string(R"({"v":1,"marks":{},"pass":{"resource":"shipments","start":-1}})"),
        std::string(R"({"v":1,"marks":{},"pass":7})"), good.substr(0, good.size() / 2)}) {
    const auto output = source_->poll(cursor);
    EXPECT_EQ(output.status, GANTRY_DATA) << cursor;
    EXPECT_EQ(output.error.code, "CURSOR");
    EXPECT_TRUE(output.records.empty());
  }
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(source_->poll(good.substr(0, size)).status, GANTRY_DATA) << size;
  }
}

TEST_F(TurvoPoll, ARejectedLoginIsNotTriedAgainForAQuarterOfAnHour) {
  start({"shipments=1"});
  world_.secrets["/password"] = {"wrong"};
  EXPECT_EQ(source_->poll("").status, GANTRY_AUTH);
  const auto blocked = source_->poll("");
  EXPECT_EQ(blocked.status, GANTRY_AUTH);
  EXPECT_EQ(blocked.error.code, "COOL_DOWN");
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 1);

  vendor_->advance(899, &world_);
  EXPECT_EQ(source_->poll("").error.code, "COOL_DOWN");
  vendor_->advance(2, &world_);
  world_.secrets["/password"] = {"sim-password"};
  EXPECT_EQ(poll().records.size(), 1u);
  EXPECT_EQ(json::parse(vendor_->tell("state"))["locked"], false);
}

TEST_F(TurvoPoll, ATokenLivesTwelveHoursAndOverARestart) {
  start({"shipments=1"});
  poll();
  vendor_->advance(11 * 3600, &world_);
  const test::Source restarted(plugin_, api_config(vendor_->url()));
  EXPECT_EQ(restarted.poll("").status, GANTRY_OK);
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 1);
  vendor_->advance(3600 - 240, &world_);  // Four minutes before its end: renewed early.
  poll();
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 2);
}

TEST_F(TurvoPoll, ARevokedTokenIsRenewedOnce) {
  start({"shipments=1"});
  poll();
  vendor_->tell("revoke");
  poll();
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 2);
  vendor_->tell("faults", R"([{"match":"GET /","times":9,"status":401}])");
  EXPECT_EQ(source_->poll("").status, GANTRY_AUTH);
  EXPECT_EQ(vendor_->count("POST /oauth/token"), 3);
}

TEST_F(TurvoPoll, AnAnswerThatSaysFailureIsNoEmptyList) {
  start({"shipments=3"});
  vendor_->tell("faults", R"([{"match":"GET /","status":200,
      "body":{"Status":"ERROR","details":{"errorCode":"E42","errorMessage":"try later"}}}])");
  const auto output = source_->poll("");
  EXPECT_EQ(output.status, GANTRY_TRANSIENT);
  EXPECT_EQ(output.error.code, "E42");
  EXPECT_TRUE(output.checkpoints.empty());
}

TEST_F(TurvoPoll, HttpFailuresHaveTheirMeaning) {
  start({"shipments=3"});
  const auto answer = [&](const std::string& fault) {
    vendor_->tell("faults", "[{\"match\":\"GET /\"," + fault + "}]");
    const auto output = source_->poll("");
    EXPECT_TRUE(output.checkpoints.empty()) << fault;
    EXPECT_EQ(output.error.message.find("sim-"), std::string::npos);
    return output;
  };
  const auto limited = answer(R"("status":429,"headers":{"Retry-After":"7"})");
  EXPECT_EQ(limited.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(limited.error.retry_after_ns, 7 * kNs);
  EXPECT_EQ(answer(R"("status":503)").status, GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("hang_up":true)").status, GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("cut":5)").status, GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("status":200,"body":"<html>")").status, GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("status":200,"body":{"Status":"SUCCESS"})").status, GANTRY_TRANSIENT);
  EXPECT_EQ(answer(R"("status":403)").status, GANTRY_AUTH);
  EXPECT_EQ(answer(R"("status":404)").status, GANTRY_CONFIG);
  EXPECT_EQ(poll().records.size(), 3u);
}

TEST_F(TurvoPoll, APoisonRowIsRejectedAndTheOthersGoOn) {
  start({"shipments=0"});
  vendor_->tell("faults", R"([{"match":"GET /","status":200,"body":{"Status":"SUCCESS","details":
      {"pagination":{"moreAvailable":false},
       "shipments":[7,{"customId":"LD-1"},{"id":"0099","customId":"LD-2","deleted":true},null]}}}])");
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].key, "0099");
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.rejected.size(), 3u);
  EXPECT_EQ(output.rejected[1].first, R"({"customId":"LD-1"})");
  EXPECT_EQ(output.checkpoints.size(), 1u);
}

TEST_F(TurvoPoll, BankNumbersOfACarrierLeaveNoTrace) {
  start({"shipments=0"}, R"(,"resources":["carriers"])");
  vendor_->tell("bank", R"({"id":"00031"})");
  const auto output = poll();
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  EXPECT_EQ(record.kind, "carrier");
  EXPECT_EQ(record.title, "QL Haul");
  for (const auto& field : {record.raw, record.metadata, record.text, output.checkpoints[0]}) {
    EXPECT_EQ(field.find("000123456789"), std::string::npos);
    EXPECT_EQ(field.find("110000000"), std::string::npos);
  }
  EXPECT_EQ(json::parse(record.metadata)["extra"]["bankDetails"]["bankName"], "First");
}

TEST_F(TurvoPoll, ACancelledPollStops) {
  start({"shipments=3"});
  world_.cancelled = true;
  EXPECT_EQ(source_->poll("").status, GANTRY_CANCELLED);
}

TEST_F(TurvoPoll, ASourceWithoutTheApiDoesNotPoll) {
  const test::Source source(plugin_, kWebhookConfig);
  const auto output = source.poll("");
  EXPECT_EQ(output.status, GANTRY_CONFIG);
  EXPECT_EQ(output.error.pointer, "/username");
}

TEST_F(TurvoPoll, CheckSaysWhatIsWrong) {
  start({"shipments=1"});
  const auto worst = [&] {
    test::Finding worst{-1, "", ""};
    for (const auto& finding : source_->check()) {
      if (finding.state > worst.state) worst = finding;
    }
    return worst;
  };
  EXPECT_EQ(worst().state, GANTRY_CHECK_PASS) << worst().what;
  vendor_->tell("faults", R"([{"match":"GET /","status":403}])");
  EXPECT_EQ(worst().state, GANTRY_CHECK_FAIL);
  vendor_->tell("faults", R"([{"match":"GET /","hang_up":true}])");
  EXPECT_NE(worst().remedy.find("reaches http://127.0.0.1"), std::string::npos) << worst().remedy;
  world_.http = [](const test::HttpExchange&) {
    test::HttpAnswer denied;
    denied.status = GANTRY_CONFIG;
    return denied;
  };
  EXPECT_NE(worst().remedy.find("egress"), std::string::npos);
  world_.secrets.erase("/password");
  EXPECT_NE(worst().what.find("password has no value"), std::string::npos);
}

}  // namespace
}  // namespace gantry::turvo
