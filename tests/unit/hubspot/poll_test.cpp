#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

using nlohmann::json;

/// HubSpot's search over contacts: one sort, at most 10,000 results to a query.
struct Crm {
  std::map<std::int64_t, std::int64_t> modified_ms;  ///< By id.
  std::vector<json> queries;
  std::vector<std::int64_t> asked_at_ns;
  std::string archived = R"({"results":[]})";
  std::vector<std::string> lists;
  test::World* world = nullptr;

  static std::string object(std::int64_t id, std::int64_t ms) {
    char time[40];
    const std::int64_t of_day = ms % 86'400'000;
    std::snprintf(time, sizeof time, "2026-01-%02dT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(1 + (ms - kNowMs) / 86'400'000),
                  static_cast<int>(of_day / 3'600'000), static_cast<int>(of_day / 60'000 % 60),
                  static_cast<int>(of_day / 1000 % 60), static_cast<int>(of_day % 1000));
    return R"({"id":")" + std::to_string(id) + R"(","properties":{"lastmodifieddate":")" + time +
           R"(","hs_lastmodifieddate":null},"archived":false})";
  }

  test::HttpAnswer operator()(const test::HttpExchange& call) {
    if (call.method == "GET") {
      lists.push_back(call.url);
      return answer(archived);
    }
    const json query = json::parse(call.body);
    queries.push_back(query);
    asked_at_ns.push_back(world->now_ns);
    std::vector<std::pair<std::int64_t, std::int64_t>> found;  // By the sort's property.
    const bool by_id = query["sorts"][0]["propertyName"] == "hs_object_id";
    for (const auto& [id, ms] : modified_ms) {
      bool fits = true;
      for (const auto& filter : query["filterGroups"][0]["filters"]) {
        const std::int64_t value = std::stoll(filter["value"].get<std::string>());
        const std::int64_t mine = filter["propertyName"] == "hs_object_id" ? id : ms;
        const auto op = filter["operator"].get<std::string>();
        fits = fits && (op == "GTE" ? mine >= value : op == "GT" ? mine > value : mine == value);
      }
      if (fits) found.emplace_back(by_id ? id : ms, id);
    }
    std::sort(found.begin(), found.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    const auto from = static_cast<std::size_t>(std::stoll(query["after"].get<std::string>()));
    const auto limit = query["limit"].get<std::size_t>();
    if (limit > 200 || from + limit > 10'000) return answer(R"({"status":"error"})", 400);
    std::string results;
    const std::size_t to = std::min(found.size(), from + limit);
    for (std::size_t i = from; i < to; ++i) {
      results +=
          (results.empty() ? "" : ",") + object(found[i].second, modified_ms[found[i].second]);
    }
    std::string body =
        R"({"total":)" + std::to_string(found.size()) + R"(,"results":[)" + results + "]";
    if (to < found.size()) {
      body += R"(,"paging":{"next":{"after":")" + std::to_string(to) + R"("}})";
    }
    return answer(body + "}");
  }
};

class HubspotPoll : public testing::Test {
 protected:
  HubspotPoll() {
    crm_.world = &plugin_.world();
    plugin_.world().http = [this](const test::HttpExchange& call) { return crm_(call); };
  }
  /// One round: calls until nothing more, each from the last checkpoint.
  void round(const test::Source& source) {
    for (int i = 0; i < 2000; ++i) {
      const auto output = source.poll(cursor_);
      ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
      ASSERT_FALSE(output.checkpoints.empty());
      cursor_ = output.checkpoints.back();
      for (const auto& record : output.records) {
        ++emitted_;
        auto& version = versions_[record.key];
        if (version != record.version) ++changes_;
        version = std::max(version, record.version);
      }
      if (!output.more) return;
    }
    FAIL() << "the round does not end";
  }
  void round() { round(source_); }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kContacts};
  Crm crm_;
  std::string cursor_;
  std::map<std::string, std::int64_t> versions_;
  std::size_t emitted_ = 0;
  int changes_ = 0;  ///< Records that were new or of another version.
};

TEST_F(HubspotPoll, AContactIsAskedForByItsOwnProperty) {
  crm_.modified_ms = {{77, kNowMs + 1}};
  round();
  ASSERT_EQ(crm_.queries.size(), 1u);
  EXPECT_EQ(
      crm_.queries[0]["filterGroups"],
      json::parse(
          R"([{"filters":[{"propertyName":"lastmodifieddate","operator":"GTE","value":"0"}]}])"));
  EXPECT_EQ(crm_.queries[0]["sorts"],
            json::parse(R"([{"propertyName":"lastmodifieddate","direction":"ASCENDING"}])"));
  EXPECT_EQ(crm_.queries[0]["limit"], 200);
  EXPECT_EQ(versions_, (std::map<std::string, std::int64_t>{{"77", (kNowMs + 1) * kMsNs}}));
}

TEST_F(HubspotPoll, ARecordAtTheBookmarkIsReadAgainAndIsNoNewVersion) {
  crm_.modified_ms = {{1, kNowMs}};
  round();
  crm_.modified_ms[2] = kNowMs;  // The same millisecond: GT would lose it.
  round();
  EXPECT_EQ(versions_.size(), 2u);
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(emitted_, 3u);
  const auto& filter = crm_.queries.back()["filterGroups"][0]["filters"][0];
  EXPECT_EQ(filter["operator"], "GTE");
  EXPECT_EQ(filter["value"], std::to_string(kNowMs - 180'000));
}

TEST_F(HubspotPoll, WhatSearchShowsThreeMinutesLateIsStillFound) {
  crm_.modified_ms = {{1, kNowMs + 200'000}};
  round();
  crm_.modified_ms[2] = kNowMs + 20'000;
  round();
  EXPECT_EQ(versions_.size(), 2u);
}

TEST_F(HubspotPoll, TenThousandAndOneOnOneTimestampAreAllRead) {
  for (std::int64_t id = 1; id <= 10'001; ++id) crm_.modified_ms[id] = kNowMs + 1;
  crm_.modified_ms[20'000] = kNowMs;
  crm_.modified_ms[20'001] = kNowMs + 2;
  crm_.modified_ms[20'002] = kNowMs + 3;
  round();
  EXPECT_EQ(versions_.size(), 10'004u);
  EXPECT_LT(crm_.queries.size(), 160u);
}

TEST_F(HubspotPoll, TwentyFiveThousandOnManyTimestampsAreAllRead) {
  for (std::int64_t id = 1; id <= 25'000; ++id) crm_.modified_ms[id] = kNowMs + id / 7;
  round();
  EXPECT_EQ(versions_.size(), 25'000u);
  EXPECT_LT(emitted_, 26'000u);  // What shares a page's last time comes again.
}

TEST_F(HubspotPoll, AHostThatStopsAnywhereGetsEverythingInTheEnd) {
  for (std::int64_t id = 1; id <= 700; ++id) crm_.modified_ms[id] = kNowMs + (id < 500 ? 0 : id);
  for (const std::size_t records_max : {1u, 3u, 100u, 200u}) {
    if (records_max == 1) {  // One at a time: fewer of them.
      crm_.modified_ms.erase(crm_.modified_ms.upper_bound(30), crm_.modified_ms.end());
    } else if (records_max == 3) {
      for (std::int64_t id = 1; id <= 700; ++id)
        crm_.modified_ms[id] = kNowMs + (id < 500 ? 0 : id);
    }
    plugin_.world().records_max = records_max;
    cursor_.clear();
    versions_.clear();
    round();
    EXPECT_EQ(versions_.size(), crm_.modified_ms.size()) << records_max;
  }
}

TEST_F(HubspotPoll, AStopAtTheEndOfARoundDoesNotKeepTheNextTypeFromItsTurn) {
  const test::Source source(
      plugin_,
      R"({"access_token":"env:T","api_url":"https://hubspot.example","objects":["contacts","deals"],"archived_hours":0})");
  for (std::int64_t id = 1; id <= 5; ++id) crm_.modified_ms[id] = kNowMs;
  plugin_.world().records_max = 5;
  std::vector<std::string> kinds;
  for (int i = 0; i < 4 && kinds.size() < 10; ++i) {
    const auto output = source.poll(cursor_);
    cursor_ = output.checkpoints.back();
    for (const auto& record : output.records) kinds.push_back(record.kind);
  }
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "deal"), 5);
}

TEST_F(HubspotPoll, AModificationInTheFutureDoesNotCarryTheBookmarkThere) {
  crm_.modified_ms = {{1, kNowMs}, {2, kNowMs + 5 * 86'400'000}};
  round();
  crm_.modified_ms[3] = kNowMs + 1000;
  plugin_.world().now_ns += 60'000'000'000;
  round();
  EXPECT_EQ(versions_.size(), 3u);
}

TEST_F(HubspotPoll, SearchesKeepTheirPace) {
  for (std::int64_t id = 1; id <= 1000; ++id) crm_.modified_ms[id] = kNowMs + id;
  round();
  ASSERT_EQ(crm_.asked_at_ns.size(), 6u);
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_GE(crm_.asked_at_ns[i] - crm_.asked_at_ns[i - 1], 250'000'000);
  }
}

TEST_F(HubspotPoll, ArchivedObjectsAreListedOnceADayAndAreTombstones) {
  const test::Source source(
      plugin_,
      R"({"access_token":"env:T","api_url":"https://hubspot.example","objects":["contacts"]})");
  crm_.archived =
      R"({"results":[{"id":"9","properties":{"lastmodifieddate":"2025-01-01T00:00:00Z"},"archived":true,"archivedAt":"2025-12-31T23:00:00Z"}]})";
  auto output = source.poll("");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].key, "9");
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.records[0].version, 1'767'222'000'000 * kMsNs);
  EXPECT_NE(crm_.lists.at(0).find("archived=true"), std::string::npos);
  cursor_ = output.checkpoints.back();
  plugin_.world().now_ns += 23 * 3'600'000'000'000;
  EXPECT_TRUE(source.poll(cursor_).records.empty());
  EXPECT_EQ(crm_.lists.size(), 1u);
  plugin_.world().now_ns += 2 * 3'600'000'000'000;
  output = source.poll(cursor_);
  EXPECT_EQ(crm_.lists.size(), 2u);
  EXPECT_EQ(output.records.size(), 1u);  // Within the hour that is looked back.
}

TEST_F(HubspotPoll, AnObjectWithoutIdIsADeadLetterAndTheRestGoesOn) {
  plugin_.world().http = [](const test::HttpExchange&) {
    return answer(R"({"results":[{"properties":{}},{"id":"1","properties":{}}]})");
  };
  const auto output = source_.poll("");
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.rejected[0].first, R"({"properties":{}})");
  EXPECT_EQ(output.records.size(), 1u);
}

TEST_F(HubspotPoll, MoneyAndUnknownFieldsKeepTheirDigits) {
  const test::Source source(
      plugin_,
      R"({"access_token":"env:T","api_url":"https://hubspot.example","objects":["deals"],"archived_hours":0,"properties":["deals.load_number"]})");
  plugin_.world().http = [&](const test::HttpExchange& call) {
    crm_.queries.push_back(json::parse(call.body));
    return answer(
        R"({"results":[{"id":"0012","properties":{"dealname":"Joliet lane","amount":"2754.30","load_number":"000881"},"createdAt":"2026-01-01T00:00:00-06:00","updatedAt":"2026-01-02T00:00:00Z","associations":{"n":1.50}}]})");
  };
  const auto output = source.poll("");
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  EXPECT_EQ(record.key, "0012");
  EXPECT_EQ(record.title, "Joliet lane");
  EXPECT_EQ(record.text, "dealname: Joliet lane\namount: 2754.30\nload_number: 000881");
  EXPECT_EQ(record.occurred_at_ns, 1'767'247'200'000 * kMsNs);
  EXPECT_NE(record.metadata.find(R"("amount":"2754.30")"), std::string::npos);
  EXPECT_NE(record.metadata.find(R"("extra":{"associations":{"n":1.50}})"), std::string::npos);
  EXPECT_NE(record.metadata.find(R"("created_at":"2026-01-01T00:00:00-06:00")"), std::string::npos);
  const auto& asked = crm_.queries.back()["properties"];
  EXPECT_NE(std::find(asked.begin(), asked.end(), "load_number"), asked.end());
}

TEST_F(HubspotPoll, APageCutAnywhereIsAskedForAgain) {
  crm_.modified_ms = {{1, kNowMs}};
  const std::string body = R"({"total":1,"results":[)" + Crm::object(1, kNowMs) + "]}";
  for (std::size_t size = 0; size < body.size(); ++size) {
    plugin_.world().http = [&](const test::HttpExchange&) { return answer(body.substr(0, size)); };
    const auto output = source_.poll("");
    EXPECT_EQ(output.status, GANTRY_TRANSIENT) << size;
    EXPECT_TRUE(output.records.empty() && output.checkpoints.empty());
  }
}

TEST_F(HubspotPoll, EveryStatusHasItsMeaning) {
  const std::pair<unsigned, gantry_status> rows[] = {
      {400, GANTRY_DATA},      {401, GANTRY_AUTH},         {403, GANTRY_AUTH},
      {414, GANTRY_DATA},      {429, GANTRY_RATE_LIMITED}, {500, GANTRY_TRANSIENT},
      {502, GANTRY_TRANSIENT}, {408, GANTRY_TRANSIENT}};
  for (const auto& [status, meaning] : rows) {
    plugin_.world().http = [status = status](const test::HttpExchange&) {
      return answer("<html>", status);
    };
    EXPECT_EQ(source_.poll("").status, meaning) << status;
  }
}

TEST_F(HubspotPoll, ACursorOfSomebodyElseIsRefused) {
  for (const auto* cursor :
       {"x", "{}", R"({"v":1,"objects":[]})", R"({"v":1,"objects":{"contacts":{"from":-1}}})",
        R"({"v":1,"objects":{"contacts":{"from":99999999999999999}}})"}) {
    const auto output = source_.poll(cursor);
    EXPECT_EQ(output.status, GANTRY_DATA) << cursor;
    EXPECT_EQ(output.error.code, "CURSOR") << cursor;
  }
}

/// The situations of the two bug reports, and their files where they are there.
TEST_F(HubspotPoll, TheBugReportsFilesGiveTheirRightRecords) {
  if (inputs_dir().empty()) return;
  const auto read = [](const std::string& name) {
    std::ifstream file(inputs_dir() + "/bugs/" + name);
    EXPECT_TRUE(file) << name;
    std::stringstream text;
    text << file.rdbuf();
    return json::parse(text.str());
  };
  const json contact = read("52_contact_has_no_hs_lastmodifieddate.json");
  plugin_.world().http = [&](const test::HttpExchange&) { return answer(contact.dump()); };
  const auto output = source_.poll("");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].key, "77");
  EXPECT_EQ(output.records[0].version, 1'768'039'200'000 * kMsNs);  // 2026-01-10T10:00:00Z

  const json polls = read("50_bookmark_equal_record_again.json");
  for (const auto* poll : {"poll_1", "poll_2"}) {
    json page = {{"results", json::array()}};
    for (const auto& row : polls[poll]["results"]) {
      page["results"].push_back(
          {{"id", row["id"]}, {"properties", {{"lastmodifieddate", row["hs_lastmodifieddate"]}}}});
    }
    plugin_.world().http = [page](const test::HttpExchange&) { return answer(page.dump()); };
    round();
  }
  EXPECT_EQ(versions_.size(), 2u);
  EXPECT_EQ(changes_, 2);
}

constexpr std::string_view kOauth =
    R"({"client_id":"c-1","client_secret":"env:S","refresh_token":"env:R","api_url":"https://hubspot.example","oauth_version":"2026-03","objects":["contacts"],"archived_hours":0})";

/// Answers token requests with `tokens` in turn, and takes only the last one given.
struct Oauth {
  std::vector<std::string> bodies, urls;
  int refused = 0;  ///< Calls that are still answered 401.
  std::string rotated;

  test::HttpAnswer operator()(const test::HttpExchange& call) {
    if (call.url.find("/oauth/") != std::string::npos) {
      urls.push_back(call.url);
      bodies.push_back(call.body);
      return answer(R"({"access_token":"access-)" + std::to_string(bodies.size()) +
                    R"(","expires_in":1800)" +
                    (rotated.empty() ? "" : R"(,"refresh_token":")" + rotated + "\"") + "}");
    }
    const bool fresh =
        call.headers.at(0).second == "Bearer access-" + std::to_string(bodies.size());
    if (!fresh || refused-- > 0) return answer("{}", 401);
    return answer(R"({"results":[]})");
  }
};

TEST_F(HubspotPoll, AnAccessTokenIsFetchedOnceAndRenewedBeforeItEnds) {
  Oauth oauth;
  plugin_.world().http = [&](const test::HttpExchange& call) { return oauth(call); };
  const test::Source source(plugin_, kOauth);
  EXPECT_EQ(source.poll("").status, GANTRY_OK);
  EXPECT_EQ(source.poll("").status, GANTRY_OK);
  ASSERT_EQ(oauth.bodies.size(), 1u);
  EXPECT_EQ(oauth.urls[0], "https://hubspot.example/oauth/2026-03/token");
  EXPECT_EQ(
      oauth.bodies[0],
      "grant_type=refresh_token&client_id=c-1&client_secret=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
      "&refresh_token=refresh-0123456789");
  plugin_.world().now_ns += 1'790'000'000'000;
  EXPECT_EQ(source.poll("").status, GANTRY_OK);
  EXPECT_EQ(oauth.bodies.size(), 2u);
}

TEST_F(HubspotPoll, A401RenewsTheTokenOnceAndASecondOneIsAuth) {
  Oauth oauth;
  oauth.refused = 1;
  plugin_.world().http = [&](const test::HttpExchange& call) { return oauth(call); };
  const test::Source source(plugin_, kOauth);
  EXPECT_EQ(source.poll("").status, GANTRY_OK);
  EXPECT_EQ(oauth.bodies.size(), 2u);
  oauth.refused = 1000;
  EXPECT_EQ(source.poll("").status, GANTRY_AUTH);
  EXPECT_EQ(oauth.bodies.size(), 3u);
}

TEST_F(HubspotPoll, ARotatedRefreshTokenIsStored) {
  Oauth oauth;
  oauth.rotated = "refresh-new";
  plugin_.world().http = [&](const test::HttpExchange& call) { return oauth(call); };
  EXPECT_EQ(test::Source(plugin_, kOauth).poll("").status, GANTRY_OK);
  EXPECT_EQ(plugin_.world().secrets["/refresh_token"].front(), "refresh-new");
}

TEST_F(HubspotPoll, ARefusedRefreshTokenIsAuthAndNamesNoSecret) {
  plugin_.world().http = [](const test::HttpExchange&) {
    return answer(R"({"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"})",
                  400);
  };
  const auto output = test::Source(plugin_, kOauth).poll("");
  EXPECT_EQ(output.status, GANTRY_AUTH);
  EXPECT_EQ(output.error.message.find("0123456789"), std::string::npos);
}

}  // namespace
}  // namespace gantry::hubspot
