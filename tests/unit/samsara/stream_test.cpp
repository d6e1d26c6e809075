#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

using nlohmann::json;

/// 2026-01-16T13:50:00Z: a window's start, ten minutes before kNowS.
constexpr std::int64_t kStartS = kNowS - 600;

std::string clock(std::int64_t second) {
  const std::int64_t of_day = second % 86400;
  char text[40];
  std::snprintf(text, sizeof text, "2026-01-%02dT%02d:%02d:%02dZ",
                static_cast<int>(16 + (second - kNowS + 50400) / 86400),
                static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60),
                static_cast<int>(of_day % 60));
  return text;
}

std::int64_t second_of(const std::string& text) {
  int day = 0, hour = 0, minute = 0, second = 0;
  std::sscanf(text.c_str(), "2026-01-%d%*c%d:%d:%d", &day, &hour, &minute, &second);
  return kNowS - 50400 + (day - 16) * 86400 + hour * 3600 + minute * 60 + second;
}

/// The stats feed and its history over a list of pings, in the order in which they arrived.
struct Fleet {
  struct Ping {
    std::int64_t arrives_s;
    std::string asset;
    std::int64_t time_s;
    std::string stat = "gps";
    std::string value = R"("latitude":41.52,"longitude":-88.08,"speedMilesPerHour":10)";
  };
  std::vector<Ping> pings;
  std::size_t page_max = 3;
  bool cursors_expired = false;  ///< Once: the next call with `after` is a 400.
  test::World* world = nullptr;
  std::vector<std::string> urls;

  static std::string param(const std::string& url, const std::string& name) {
    const auto at = url.find(name + "=");
    if (at == std::string::npos) return {};
    std::string value = url.substr(at + name.size() + 1);
    value = value.substr(0, value.find('&'));
    for (auto hex = value.find("%3A"); hex != std::string::npos; hex = value.find("%3A")) {
      value.replace(hex, 3, ":");
    }
    return value;
  }
  static std::string item(const Ping& ping) {
    return R"({"id":")" + ping.asset + R"(","name":"T-)" + ping.asset + R"(",")" + ping.stat +
           R"(":[{"time":")" + clock(ping.time_s) + "\"," + ping.value + "}]}";
  }
  static test::HttpAnswer page(const std::string& data, const std::string& cursor, bool more) {
    test::HttpAnswer answer;
    answer.body = R"({"data":[)" + data + R"(],"pagination":{"endCursor":")" + cursor +
                  R"(","hasNextPage":)" + (more ? "true" : "false") + "}}";
    return answer;
  }

  test::HttpAnswer operator()(const test::HttpExchange& request) {
    urls.push_back(request.url);
    const std::int64_t now_s = world->now_ns / kSecondNs;
    std::string after = param(request.url, "after");
    const bool history = request.url.find("/history") != std::string::npos;
    if (!after.empty() && !history && cursors_expired) {
      cursors_expired = false;
      test::HttpAnswer answer;
      answer.http_status = 400;
      answer.body = R"({"message":"Invalid cursor","requestId":"r1"})";
      return answer;
    }
    std::vector<Ping> known;
    for (const auto& ping : pings) {
      if (ping.arrives_s > now_s) continue;
      const bool in_range =
          !history || (ping.time_s >= second_of(param(request.url, "startTime")) &&
                       ping.time_s < second_of(param(request.url, "endTime")));
      if (in_range) known.push_back(ping);
    }
    if (!history && after.empty()) {  // The latest of each asset.
      std::map<std::string, Ping> latest;
      for (const auto& ping : known) latest[ping.asset] = ping;
      std::string data;
      for (const auto& [asset, ping] : latest) data += (data.empty() ? "" : ",") + item(ping);
      return page(data, "c" + std::to_string(known.size()), false);
    }
    const std::size_t from = after.empty() ? 0 : std::stoul(after.substr(1));
    const std::size_t to = std::min(known.size(), from + page_max);
    std::string data;
    for (std::size_t i = from; i < to; ++i) data += (data.empty() ? "" : ",") + item(known[i]);
    return page(data, "c" + std::to_string(to), to < known.size());
  }
};

class SamsaraStream : public testing::Test {
 protected:
  SamsaraStream() {
    fleet_.world = &plugin_.world();
    plugin_.world().http = [this](const test::HttpExchange& request) { return fleet_(request); };
    set_clock(kStartS);
  }
  void set_clock(std::int64_t second) { plugin_.world().now_ns = second * kSecondNs; }

  /// Runs from the cursor to the time and takes what comes, opening anew every `calls` calls.
  void run_to(std::int64_t until_s, int calls = 1 << 20) {
    while (plugin_.world().now_ns < until_s * kSecondNs) {
      const test::Feed feed(source_, cursor_);
      ASSERT_EQ(feed.status, GANTRY_OK);
      for (int i = 0; i < calls && plugin_.world().now_ns < until_s * kSecondNs; ++i) {
        const std::int64_t left = until_s * kSecondNs - plugin_.world().now_ns;
        take(feed.next(records_max_, 1 << 20, std::min(left, 30 * kSecondNs)));
        plugin_.world().now_ns += kSecondNs;
      }
    }
  }
  void take(const test::Output& output) {
    ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
    ASSERT_EQ(output.checkpoints.size(), 1u);
    cursor_ = output.checkpoints[0];
    for (const auto& record : output.records) keep(record);
    for (const auto& rejected : output.rejected) rejected_.push_back(rejected.first);
  }
  /// As a store does: an older version never overwrites; the same version may correct.
  void keep(const test::Record& record) {
    emitted_.push_back(record);
    auto& stored = stored_[record.key];
    if (stored.key.empty() || record.version >= stored.version) stored = record;
  }
  /// Key and metadata of all that is stored, for comparison.
  std::string stored() const {
    std::string all;
    for (const auto& [key, record] : stored_) {
      all += key + ' ' + record.metadata + ' ' + sorted_lines(record.raw) + '\n';
    }
    return all;
  }
  static std::string sorted_lines(const std::string& raw) {
    std::vector<std::string> lines;
    std::istringstream in(raw);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const auto& line : lines) all += line + '|';
    return all;
  }
  void drive(std::int64_t until_s) {
    for (std::int64_t second = kStartS + 10; second < until_s; second += 20) {
      fleet_.pings.push_back({second + 3, "1", second});
      if (second % 60 == 10) fleet_.pings.push_back({second + 4, "2", second});
    }
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kConfig};
  Fleet fleet_;
  std::string cursor_;
  std::uint32_t records_max_ = 100;
  std::vector<test::Record> emitted_;
  std::map<std::string, test::Record> stored_;
  std::vector<std::string> rejected_;
};

TEST_F(SamsaraStream, AWindowBecomesThisDocumentOnceItIsOver) {
  fleet_.pings = {
      {kStartS + 5, "1", kStartS + 2, "gps",
       R"("latitude":41.52,"longitude":-88.08,"headingDegrees":90,"speedMilesPerHour":0,"reverseGeo":{"formattedLocation":"Joliet, IL"})"},
      {kStartS + 6, "1", kStartS + 3, "engineStates", R"("value":"Idle")"},
      {kStartS + 70, "1", kStartS + 62, "gps",
       R"("latitude":41.60,"longitude":-88.10,"speedMilesPerHour":61.5)"},
      {kStartS + 71, "1", kStartS + 63, "obdOdometerMeters", R"("value":120330000)"},
      {kStartS + 300, "1", kStartS + 290, "obdOdometerMeters", R"("value":120336400)"}};
  run_to(kStartS + 899);
  EXPECT_TRUE(emitted_.empty());  // 10 minutes and 5 for late pings.
  run_to(kStartS + 930);
  ASSERT_EQ(emitted_.size(), 1u);
  const auto& record = emitted_[0];
  EXPECT_EQ(record.kind, "telemetry");
  EXPECT_EQ(record.key, "1:2026-01-16T13:50:00Z");
  EXPECT_EQ(record.title, "T-1, 2026-01-16 13:50 to 14:00 UTC");
  EXPECT_EQ(
      record.text,
      "T-1, 2026-01-16 13:50 to 14:00 UTC: engineStates Idle since 13:50:03; 2 positions from "
      "Joliet, IL (41.52, -88.08) to (41.60, -88.10), top speed 61.5 mph; obdOdometerMeters "
      "120330000 to 120336400");
  EXPECT_EQ(record.occurred_at_ns, (kStartS + 290) * kSecondNs);
  EXPECT_EQ(record.version, (kStartS + 290) * kSecondNs);
  EXPECT_EQ(json::parse(record.participants),
            json::parse(R"([{"role":"vehicle","name":"T-1","handle":"","external_id":"1"}])"));
  // As text: 41.60 must not become 41.6.
  EXPECT_EQ(
      record.metadata,
      R"({"asset_id":"1","asset_type":"vehicle","name":"T-1","window_start":"2026-01-16T13:50:00Z","window_end":"2026-01-16T14:00:00Z",)"
      R"("part":"window","open":false,"pings":5,"stats":{)"
      R"("engineStates":{"count":1,"first":{"time":"2026-01-16T13:50:03Z","value":"Idle"},"changes":[{"time":"2026-01-16T13:50:03Z","value":"Idle"}]},)"
      R"("gps":{"count":2,"first":{"time":"2026-01-16T13:50:02Z","latitude":41.52,"longitude":-88.08,"headingDegrees":90,"speedMilesPerHour":0,"reverseGeo":{"formattedLocation":"Joliet, IL"}},)"
      R"("last":{"time":"2026-01-16T13:51:02Z","latitude":41.60,"longitude":-88.10,"speedMilesPerHour":61.5},"speed_max":61.5},)"
      R"("obdOdometerMeters":{"count":2,"first":{"time":"2026-01-16T13:51:03Z","value":120330000},"last":{"time":"2026-01-16T13:54:50Z","value":120336400}}},"tz":"Z"})");
  EXPECT_NE(
      record.raw.find(R"({"obdOdometerMeters":{"time":"2026-01-16T13:54:50Z","value":120336400}})"),
      std::string::npos);
  EXPECT_EQ(std::count(record.raw.begin(), record.raw.end(), '\n'), 5);
}

TEST_F(SamsaraStream, TheFirstAnswersLatestValuesAreDocumentsOfTheirOwn) {
  fleet_.pings = {{kStartS - 9000, "1", kStartS - 9000}, {kStartS - 5, "2", kStartS - 8}};
  run_to(kStartS + 10);
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[0].key, "1:2026-01-16T11:20:00Z:2026-01-16T11:20:00Z");
  EXPECT_EQ(emitted_[1].key, "2:2026-01-16T13:40:00Z:2026-01-16T13:49:52Z");
  EXPECT_EQ(json::parse(emitted_[1].metadata)["part"], "snapshot");
}

TEST_F(SamsaraStream, WithoutMoreTheSameCursorIsAskedAgainAfterFiveSeconds) {
  const test::Feed feed(source_, "");
  take(feed.next(100, 1 << 20, 16 * kSecondNs));
  ASSERT_EQ(fleet_.urls.size(), 4u);  // At 0, 5, 10 and 15 s.
  EXPECT_EQ(fleet_.urls[0],
            "https://samsara.example/fleet/vehicles/stats/"
            "feed?types=gps%2CengineStates%2CobdOdometerMeters");
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(Fleet::param(fleet_.urls[i], "after"), "c0") << fleet_.urls[i];
  }
  EXPECT_EQ(plugin_.world().now_ns, (kStartS + 15) * kSecondNs);
}

TEST_F(SamsaraStream, TheFiveSecondsHoldOverARestart) {
  take(test::Feed(source_, "").next());
  take(test::Feed(source_, cursor_).next());
  EXPECT_EQ(fleet_.urls.size(), 1u);
}

TEST_F(SamsaraStream, AnAnswerWithoutEndCursorKeepsTheOldOne) {
  int calls = 0;
  plugin_.world().http = [&](const test::HttpExchange& request) {
    fleet_.urls.push_back(request.url);
    test::HttpAnswer answer;
    answer.body = ++calls == 1
                      ? R"({"data":[],"pagination":{"endCursor":"c+/=7","hasNextPage":false}})"
                  : calls == 2 ? R"({"data":[],"pagination":{"hasNextPage":true}})"
                               : R"({"data":[],"pagination":{"endCursor":"","hasNextPage":false}})";
    return answer;
  };
  const test::Feed feed(source_, "");
  take(feed.next(100, 1 << 20, 16 * kSecondNs));
  ASSERT_EQ(fleet_.urls.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(Fleet::param(fleet_.urls[i], "after"), "c%2B%2F%3D7");
  }
}

TEST_F(SamsaraStream, APingCountsOnceHoweverOftenItComes) {
  fleet_.pings = {{kStartS + 5, "1", kStartS + 2},
                  {kStartS + 6, "1", kStartS + 2},
                  {kStartS + 7, "1", kStartS + 1},
                  {kStartS + 8, "1", kStartS + 2}};
  run_to(kStartS + 930);
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(json::parse(emitted_[0].metadata)["pings"], 2);
}

TEST_F(SamsaraStream, AChangeOfEngineStateIsShownAtOnceAndTheFinalDocumentReplacesIt) {
  fleet_.pings = {{kStartS + 5, "1", kStartS + 2, "engineStates", R"("value":"Off")"},
                  {kStartS + 65, "1", kStartS + 62, "engineStates", R"("value":"On")"},
                  {kStartS + 125, "1", kStartS + 122, "engineStates", R"("value":"On")"}};
  run_to(kStartS + 100);
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(json::parse(emitted_[0].metadata)["open"], true);
  EXPECT_EQ(json::parse(emitted_[0].metadata)["stats"]["engineStates"]["changes"].size(), 2u);
  run_to(kStartS + 930);
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].key, emitted_[0].key);
  EXPECT_GT(emitted_[1].version, emitted_[0].version);
  EXPECT_EQ(json::parse(emitted_[1].metadata)["open"], false);
}

TEST_F(SamsaraStream, ALatePingGetsItsOwnDocumentAndReplacesNothing) {
  fleet_.pings = {{kStartS + 5, "1", kStartS + 2}, {kStartS + 1000, "1", kStartS + 100}};
  run_to(kStartS + 1100);
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[0].key, "1:2026-01-16T13:50:00Z");
  EXPECT_EQ(emitted_[1].key, "1:2026-01-16T13:50:00Z:2026-01-16T13:51:40Z");
  EXPECT_EQ(json::parse(emitted_[1].metadata)["part"], "late");
}

TEST_F(SamsaraStream, ARunInterruptedAnywhereStoresTheSameDocuments) {
  drive(kStartS + 3000);
  run_to(kStartS + 4000);
  const std::string whole = stored();
  EXPECT_EQ(stored_.size(), 10u);  // Two trucks, five windows.
  for (const int calls : {1, 7}) {
    stored_.clear();
    emitted_.clear();
    cursor_.clear();
    set_clock(kStartS);
    run_to(kStartS + 4000, calls);
    EXPECT_EQ(stored(), whole) << calls;
    EXPECT_EQ(emitted_.size(), 10u) << calls;  // Nothing was emitted twice either.
  }
}

TEST_F(SamsaraStream, AnOutageOfHoursIsReadInWindowsOfItsTime) {
  drive(kStartS + 12'000);
  run_to(kStartS + 100);
  const std::string cursor = cursor_;
  for (const int calls : {1 << 20, 1, 3}) {
    stored_.clear();
    cursor_ = cursor;
    set_clock(kStartS + 13'000);
    run_to(kStartS + 13'200, calls);
    EXPECT_EQ(stored_.size(), 40u) << calls;  // Two trucks, twenty windows.
    for (const auto& [key, record] : stored_) {
      EXPECT_EQ(json::parse(record.metadata)["part"], "window") << key;
    }
  }
}

TEST_F(SamsaraStream, ARefusedCursorBeginsAnewAndLosesNothing) {
  drive(kStartS + 3000);
  run_to(kStartS + 4000);
  const std::string whole = stored();
  stored_.clear();
  cursor_.clear();
  set_clock(kStartS);
  run_to(kStartS + 700);
  fleet_.cursors_expired = true;
  fleet_.urls.clear();
  run_to(kStartS + 4000);
  EXPECT_EQ(stored(), whole);
  // The cursor, nothing, the history from the open window on.
  const auto anew = std::find_if(fleet_.urls.begin(), fleet_.urls.end(), [](const auto& url) {
    return url.find("/feed") != std::string::npos && Fleet::param(url, "after").empty();
  });
  ASSERT_LT(anew, fleet_.urls.end() - 1);
  EXPECT_EQ(Fleet::param(anew[1], "startTime"), "2026-01-16T13:50:00Z");
  EXPECT_NE(anew[1].find("/fleet/vehicles/stats/history?types="), std::string::npos);
  EXPECT_EQ(plugin_.world().log.size(), 1u);
}

TEST_F(SamsaraStream, ARefusedCursorAfterAnOutageIsFilledFromTheHistory) {
  drive(kStartS + 12'000);
  run_to(kStartS + 100);
  set_clock(kStartS + 13'000);
  fleet_.cursors_expired = true;
  run_to(kStartS + 13'100, 1);
  EXPECT_EQ(stored_.size(), 40u);
}

TEST_F(SamsaraStream, OtherTypesBeginAnewBecauseACursorKnowsItsTypes) {
  drive(kStartS + 100);
  run_to(kStartS + 60);
  fleet_.urls.clear();
  const test::Source other(
      plugin_,
      R"({"api_token":"env:T","api_url":"https://samsara.example","vehicle_types":["gps"]})");
  const test::Feed feed(other, cursor_);
  take(feed.next(100, 1 << 20, 20 * kSecondNs));
  ASSERT_GE(fleet_.urls.size(), 2u);
  EXPECT_EQ(fleet_.urls[0], "https://samsara.example/fleet/vehicles/stats/feed?types=gps");
  EXPECT_NE(fleet_.urls[1].find("/history?types=gps&startTime="), std::string::npos);
}

TEST_F(SamsaraStream, AFractionOfASecondIsWaitedForAndNoLonger) {
  int calls = 0;
  plugin_.world().http = [&](const test::HttpExchange& request) {
    if (++calls > 1) return fleet_(request);
    test::HttpAnswer answer;
    answer.http_status = 429;
    answer.retry_after_ns = 402'350'000;
    return answer;
  };
  take(test::Feed(source_, "").next(100, 1 << 20, kSecondNs));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(plugin_.world().now_ns, kStartS * kSecondNs + 402'350'000);
}

TEST_F(SamsaraStream, ALongerWaitIsTheHostsBusiness) {
  plugin_.world().http = [](const test::HttpExchange&) {
    test::HttpAnswer answer;
    answer.http_status = 429;
    answer.retry_after_ns = 90 * kSecondNs;
    return answer;
  };
  const auto output = test::Feed(source_, "").next(100, 1 << 20, 30 * kSecondNs);
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(output.error.retry_after_ns, 90 * kSecondNs);
  EXPECT_TRUE(output.checkpoints.empty());
}

TEST_F(SamsaraStream, EveryStatusHasItsMeaning) {
  const std::pair<unsigned, gantry_status> rows[] = {
      {401, GANTRY_AUTH},      {403, GANTRY_AUTH},        {400, GANTRY_CONFIG},
      {404, GANTRY_CONFIG},    {500, GANTRY_TRANSIENT},   {503, GANTRY_TRANSIENT},
      {408, GANTRY_TRANSIENT}, {429, GANTRY_RATE_LIMITED}};
  for (const auto& [status, meaning] : rows) {
    plugin_.world().http = [status = status](const test::HttpExchange&) {
      test::HttpAnswer answer;
      answer.http_status = status;
      return answer;
    };
    EXPECT_EQ(test::Feed(source_, "").next().status, meaning) << status;
  }
}

TEST_F(SamsaraStream, APageCutAnywhereIsAskedForAgain) {
  fleet_.pings = {{kStartS - 10, "1", kStartS - 12}};
  const std::string body = fleet_({"GET", "https://x/fleet/vehicles/stats/feed", "", {}}).body;
  for (std::size_t size = 0; size < body.size(); ++size) {
    plugin_.world().http = [&](const test::HttpExchange&) {
      test::HttpAnswer answer;
      answer.body = body.substr(0, size);
      return answer;
    };
    const auto output = test::Feed(source_, "").next();
    EXPECT_EQ(output.status, GANTRY_TRANSIENT) << size;
    EXPECT_TRUE(output.records.empty() && output.checkpoints.empty());
  }
}

TEST_F(SamsaraStream, APingThatCannotBeReadIsADeadLetterAndTheRestGoesOn) {
  plugin_.world().http = [&](const test::HttpExchange&) {
    test::HttpAnswer answer;
    answer.body =
        R"({"data":[{"name":"nobody","gps":[{"time":"2026-01-16T13:49:00Z"}]},7,)"
        R"({"id":"1","name":"T-1","gps":[{"latitude":1.50},{"time":"soon"},{"time":"2026-01-16T13:49:00Z","latitude":2.50}]}],)"
        R"("pagination":{"endCursor":"c1","hasNextPage":false}})";
    return answer;
  };
  take(test::Feed(source_, "").next());
  EXPECT_EQ(rejected_, (std::vector<std::string>{
                           R"({"name":"nobody","gps":[{"time":"2026-01-16T13:49:00Z"}]})", "7",
                           R"({"latitude":1.50})", R"({"time":"soon"})"}));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].raw, "{\"gps\":{\"time\":\"2026-01-16T13:49:00Z\",\"latitude\":2.50}}\n");
}

TEST_F(SamsaraStream, AClockThatWasNeverSetKeepsNoWindowOpen) {
  run_to(kStartS + 4);
  plugin_.world().http = [&](const test::HttpExchange&) {
    test::HttpAnswer answer;
    answer.body =
        R"({"data":[{"id":"1","gps":[{"time":"1970-01-20T06:39:05Z"},{"time":"2031-01-01T00:00:00Z"}]}],)"
        R"("pagination":{"endCursor":"c9","hasNextPage":false}})";
    return answer;
  };
  set_clock(kStartS + 5);
  take(test::Feed(source_, cursor_).next());
  ASSERT_EQ(emitted_.size(), 2u);
  for (const auto& record : emitted_) {
    EXPECT_EQ(record.version, 0);
    EXPECT_EQ(json::parse(record.metadata)["time_implausible"], true);
  }
  EXPECT_EQ(emitted_[0].occurred_at_ns, 1'665'545 * kSecondNs);
}

TEST_F(SamsaraStream, AFullBatchLeavesTheCursorUntilAllIsHandedOver) {
  for (int i = 0; i < 7; ++i) {
    fleet_.pings.push_back({kStartS - 5, std::to_string(i), kStartS - 8});
  }
  const test::Feed feed(source_, "");
  std::vector<std::string> cursors;
  for (int i = 0; i < 3; ++i) {
    const auto output = feed.next(3);
    EXPECT_LE(output.records.size(), 3u);
    take(output);
    cursors.push_back(cursor_);
  }
  EXPECT_EQ(emitted_.size(), 7u);
  EXPECT_EQ(cursors[0], cursors[1]);
  EXPECT_NE(cursors[1], cursors[2]);
  EXPECT_EQ(json::parse(cursors[0])["feeds"]["vehicle_stats"]["after"], "");
}

TEST_F(SamsaraStream, RecordsBeforeAFailureAreCoveredAndTheFailureComesNext) {
  fleet_.pings = {{kStartS - 5, "1", kStartS - 8}};
  const test::Source two(
      plugin_,
      R"({"api_token":"env:T","api_url":"https://samsara.example","feeds":["vehicle_stats","dvirs"]})");
  plugin_.world().http = [&](const test::HttpExchange& request) {
    if (request.url.find("dvirs") == std::string::npos) return fleet_(request);
    test::HttpAnswer answer;
    answer.http_status = 500;
    return answer;
  };
  const test::Feed feed(two, "");
  take(feed.next());
  EXPECT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(feed.next().status, GANTRY_TRANSIENT);
}

TEST_F(SamsaraStream, EventFeedsGiveADocumentEach) {
  const test::Source source(
      plugin_,
      R"({"api_token":"env:T","api_url":"https://samsara.example","feeds":["route_events","safety_audit","alert_incidents","trips"],)"
      R"("alert_configurations":["c-1","c-2"]})");
  std::vector<std::string> urls;
  plugin_.world().http = [&](const test::HttpExchange& request) {
    urls.push_back(request.url);
    const auto has = [&](std::string_view part) {
      return request.url.find(part) != std::string::npos;
    };
    std::string data;
    if (has("route-events")) {
      data =
          R"({"id":"re-1","eventType":"RouteStopDeparture","happenedAtTime":"2026-01-16T13:49:00Z","route":{"id":"6","name":"R"}})";
    } else if (has("safety-events")) {
      data =
          R"({"id":"se-1","time":"2026-01-16T13:48:00Z","type":"BehaviorLabel","vehicle":{"id":"1","name":"T-1"}})";
    } else if (has("alerts")) {
      data =
          R"({"incidentUrl":"https://cloud.samsara.example/i/9","configurationId":"c-1","happenedAtTime":"2026-01-16T13:40:00Z","updatedAtTime":"2026-01-16T13:45:00Z","isResolved":false})";
    } else {
      data =
          R"({"asset":{"id":"00012"},"tripStartTime":"2026-01-16T12:00:00Z","tripEndTime":"2026-01-16T13:00:00Z","updatedAtTime":"2026-01-16T13:01:00Z"})";
    }
    return Fleet::page(data, "c1", false);
  };
  take(test::Feed(source, "").next());
  ASSERT_EQ(emitted_.size(), 4u);
  const std::pair<const char*, const char*> expected[] = {
      {"route_event", "re-1"},
      {"safety_event", "se-1"},
      {"alert", "https://cloud.samsara.example/i/9"},
      {"trip", "00012:2026-01-16T12:00:00Z"}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(emitted_[i].kind, expected[i].first);
    EXPECT_EQ(emitted_[i].key, expected[i].second);
    EXPECT_FALSE(emitted_[i].raw.empty());
  }
  EXPECT_EQ(emitted_[2].version, (kStartS - 300) * kSecondNs);  // updatedAtTime
  EXPECT_EQ(urls[0],
            "https://samsara.example/route-events/stream?startTime=2026-01-16T13%3A50%3A00Z");
  EXPECT_EQ(urls[2],
            "https://samsara.example/alerts/incidents/"
            "stream?configurationIds=c-1%2Cc-2&startTime=2026-01-16T13%3A50%3A00Z");
  // Later the same startTime goes with the cursor.
  set_clock(kStartS + 60);
  urls.clear();
  take(test::Feed(source, cursor_).next());
  EXPECT_EQ(
      urls[0],
      "https://samsara.example/route-events/stream?startTime=2026-01-16T13%3A50%3A00Z&after=c1");
}

TEST_F(SamsaraStream, LocationsAreRolledUpPerAsset) {
  const test::Source source(
      plugin_,
      R"({"api_token":"env:T","api_url":"https://samsara.example","feeds":["asset_location"]})");
  plugin_.world().http = [&](const test::HttpExchange& request) {
    fleet_.urls.push_back(request.url);
    const bool first = request.url.find("after=") == std::string::npos;
    return Fleet::page(
        first
            ? R"({"happenedAtTime":"2026-01-16T13:51:00Z","asset":{"id":"77"},"location":{"latitude":41.5,"longitude":-88.1},"speed":{"gpsSpeedMetersPerSecond":12.5}},)"
              R"({"happenedAtTime":"2026-01-16T13:52:00Z","asset":{"id":"77"},"location":{"latitude":41.6,"longitude":-88.2},"speed":{"gpsSpeedMetersPerSecond":3}})"
            : "",
        "c1", false);
  };
  const test::Feed feed(source, "");
  take(feed.next());
  EXPECT_TRUE(emitted_.empty());
  set_clock(kStartS + 901);
  take(feed.next());
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].key, "77:2026-01-16T13:50:00Z");
  EXPECT_EQ(emitted_[0].text,
            "77, 2026-01-16 13:50 to 14:00 UTC: 2 positions from (41.5, -88.1) to (41.6, -88.2), "
            "top speed 12.5 m/s");
}

TEST_F(SamsaraStream, ACursorOfSomebodyElseIsRefused) {
  for (const auto* cursor : {"x", "{}", R"({"v":2,"feeds":{}})",
                             R"({"v":1,"feeds":{"a":{"start":-1}}})", R"({"v":1,"feeds":[]})"}) {
    const test::Feed feed(source_, cursor);
    EXPECT_EQ(feed.status, GANTRY_DATA) << cursor;
    EXPECT_EQ(feed.error.code, "CURSOR");
  }
}

TEST_F(SamsaraStream, AfterANackTheStreamWantsToBeOpenedAgain) {
  const test::Feed feed(source_, "");
  take(feed.next());
  EXPECT_EQ(feed.nack(cursor_), GANTRY_OK);
  EXPECT_EQ(feed.next().status, GANTRY_NOT_CONNECTED);
}

TEST_F(SamsaraStream, ManyTrucksFitIntoTheCursorAndTheirWindowsCloseInManyBatches) {
  for (int i = 0; i < 1000; ++i) {
    fleet_.pings.push_back({kStartS + 5, "truck-" + std::to_string(i), kStartS + 2});
  }
  fleet_.page_max = 512;
  run_to(kStartS + 60);
  EXPECT_LT(cursor_.size(), 1024u);
  EXPECT_TRUE(emitted_.empty());
  // Opened anew for each batch of 100, which still moves on.
  set_clock(kStartS + 901);
  run_to(kStartS + 930, 1);
  EXPECT_EQ(stored_.size(), 1000u);
  EXPECT_EQ(emitted_.size(), 1000u);
}

TEST_F(SamsaraStream, APingForAWindowThatWasHandedOverIsLateEvenWhileOthersWait) {
  for (int i = 0; i < 5; ++i) {
    fleet_.pings.push_back({kStartS + 5, std::to_string(i), kStartS + 2});
  }
  run_to(kStartS + 60);
  set_clock(kStartS + 901);
  records_max_ = 2;
  take(test::Feed(source_, cursor_).next(2));  // Rebuilds, closes, hands over trucks 0 and 1.
  take(test::Feed(source_, cursor_).next(2));
  ASSERT_EQ(emitted_.size(), 4u);
  fleet_.pings.push_back({kStartS + 905, "0", kStartS + 100});
  run_to(kStartS + 930, 1);
  EXPECT_EQ(stored_.size(), 6u);
  EXPECT_EQ(json::parse(stored_["0:2026-01-16T13:50:00Z"].metadata)["pings"], 1);
  EXPECT_TRUE(stored_.contains("0:2026-01-16T13:50:00Z:2026-01-16T13:51:40Z"));
}

}  // namespace
}  // namespace gantry::samsara
