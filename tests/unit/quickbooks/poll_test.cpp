#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/unit/quickbooks/quickbooks_samples.hpp"

namespace gantry::quickbooks {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

std::string since(std::string_view time) {
  return R"({"v":1,"since":")" + std::string(time) + R"("})";
}
const std::string kCursor = since("2026-01-16T17:00:00Z");

std::string many(int count, int first = 1) {
  std::string list;
  for (int i = first; i < first + count; ++i) {
    list += (list.empty() ? "" : ",") + object(std::to_string(i));
  }
  return list;
}

class QuickBooksPoll : public testing::Test {
 protected:
  QuickBooksPoll() {
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
  }
  test::Output poll(std::initializer_list<test::HttpAnswer> answers,
                    std::string_view cursor = kCursor) {
    script_.asked.clear();
    script_.answers = answers;
    return source_.poll(cursor);
  }
  /// What follows the company in the addresses that were asked.
  Texts asked() const {
    Texts all;
    for (const auto& one : script_.asked) {
      const auto at = one.url.find("4620816365/");
      all.push_back(at == std::string::npos ? one.url : one.url.substr(at + 11));
    }
    return all;
  }
  static std::string input(const char* name) {
    std::ifstream file(std::string(std::getenv("GANTRY_INPUTS_DIR")) + name);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    return text.str();
  }
  test::World& world_ = world();
  Script script_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(QuickBooksPoll, ChangesAreAskedForSinceTheCursorAndThePlaceIsTheAnswersTimeLessFiveMinutes) {
  const auto output = poll({cdc("{\"Invoice\":[" + object("1") + "]},{}")});
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_FALSE(output.more);
  EXPECT_EQ(asked(), (Texts{"cdc?entities=Invoice%2CBill%2CVendor&changedSince="
                            "2026-01-16T17%3A00%3A00Z&minorversion=75"}));
  const test::Pairs headers{{"Accept", "application/json"}, {"Authorization", "Bearer access-0"}};
  EXPECT_EQ(script_.asked[0].headers, headers);
  EXPECT_EQ(output.checkpoints, (Texts{since("2026-01-16T17:55:00Z")}));
}

TEST_F(QuickBooksPoll, NoChangesMoveThePlaceTooAndNeverBack) {
  EXPECT_EQ(poll({cdc("{}")}).checkpoints, (Texts{since("2026-01-16T17:55:00Z")}));
  EXPECT_EQ(poll({cdc("{}", "2026-01-16T08:00:00-08:00")}).checkpoints, (Texts{kCursor}));
}

TEST_F(QuickBooksPoll, ATimeWithoutZoneMovesNothingAndWarns) {
  for (const auto* time : {"2016-01-01T00:00:00", "", "soon"}) {
    world_.log.clear();
    const auto output = poll({cdc("{\"Invoice\":[" + object("1") + "]}", time)});
    EXPECT_EQ(output.records.size(), 1u);
    EXPECT_TRUE(output.checkpoints.empty()) << time;
    ASSERT_EQ(world_.log.size(), 1u);
    EXPECT_TRUE(world_.log[0].starts_with("answer_time_without_zone"));
  }
}

TEST_F(QuickBooksPoll, APlusOfAnOffsetNeverLeaves) {
  poll({cdc("{}")}, since("2026-01-15T16:00:00Z"));  // 2026-01-16T02:00:00+10:00
  EXPECT_NE(asked()[0].find("2026-01-15T16%3A00%3A00Z"), std::string::npos);
  EXPECT_EQ(asked()[0].find('+'), std::string::npos);
}

TEST_F(QuickBooksPoll, ASaturatedAnswerIsAskedAgainEntityByEntity) {
  const auto output = poll({cdc("{\"Invoice\":[" + many(900) + "],\"Bill\":[" + many(100) + "]}"),
                            cdc("{\"Invoice\":[" + many(999) + "]}", "2026-01-16T10:01:00-08:00"),
                            cdc("{\"Bill\":[" + many(120) + "]}", "2026-01-16T10:02:00-08:00"),
                            cdc("{}", "2026-01-16T10:03:00-08:00")});
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(output.records.size(), 1119u);
  ASSERT_EQ(asked().size(), 4u);
  EXPECT_TRUE(asked()[1].starts_with("cdc?entities=Invoice&changedSince=2026-01-16T17%3A00%3A00Z"));
  EXPECT_TRUE(asked()[2].starts_with("cdc?entities=Bill&"));
  // The time of the first answer: what changed since then is not covered by the first entity.
  EXPECT_EQ(output.checkpoints.back(), since("2026-01-16T17:55:00Z"));
  for (std::size_t i = 0; i + 1 < output.checkpoints.size(); ++i) {
    EXPECT_EQ(json::parse(output.checkpoints[i])["since"], "2026-01-16T17:00:00Z");
  }
}

TEST_F(QuickBooksPoll, AnEntityThatIsSaturatedAloneIsPagedByQuery) {
  const test::Source source(plugin(),
                            R"({"realm_id":"4620816365","client_id":"c","client_secret":"env:A",)"
                            R"("refresh_token":"env:B","entities":["Vendor"],"page_size":2})");
  script_.answers = {cdc("{\"Vendor\":[" + many(1000) + "]}"),
                     cdc("{\"Vendor\":[" + many(999) + "," + deleted("7000") + "]}"),
                     not_found(),
                     rows("Vendor", object("1", "2026-01-16T09:10:00-08:00") + "," +
                                        object("2", "2026-01-16T09:11:00-08:00")),
                     rows("Vendor", object("2", "2026-01-16T09:11:00-08:00") + "," +
                                        object("3", "2026-01-16T09:11:00-08:00")),
                     rows("Vendor", object("4", "2026-01-16T09:11:00-08:00"))};
  const auto output = source.poll(kCursor);
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  EXPECT_EQ(output.records.size(), 6u);
  EXPECT_EQ(output.records[0].key, "7000");
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  const auto statement = [&](std::size_t index) {
    std::string text = asked().at(index);
    for (const auto& [from, to] : {std::pair{"%20", " "},
                                   {"%3D", "="},
                                   {"%3E", ">"},
                                   {"%27", "'"},
                                   {"%3A", ":"},
                                   {"%28", "("},
                                   {"%29", ")"},
                                   {"%2C", ","},
                                   {"%2A", "*"}}) {
      for (auto at = text.find(from); at != text.npos; at = text.find(from))
        text.replace(at, 3, to);
    }
    return text;
  };
  const std::string head =
      "query?query=SELECT * FROM Vendor WHERE Active IN (true,false) AND "
      "MetaData.LastUpdatedTime >= '";
  const std::string tail = " ORDER BY MetaData.LastUpdatedTime ASC STARTPOSITION ";
  EXPECT_EQ(statement(3), head + "2026-01-16T17:00:00Z'" + tail + "1 MAXRESULTS 2&minorversion=75");
  // From the last row's time on, and forward within one time.
  EXPECT_EQ(statement(4), head + "2026-01-16T17:11:00Z'" + tail + "1 MAXRESULTS 2&minorversion=75");
  EXPECT_EQ(statement(5), head + "2026-01-16T17:11:00Z'" + tail + "3 MAXRESULTS 2&minorversion=75");
  EXPECT_EQ(output.checkpoints.back(), since("2026-01-16T17:55:00Z"));
}

TEST_F(QuickBooksPoll, ANewSourceReadsEverythingAndGoesOnFromItsFirstAnswer) {
  const auto output = poll({rows("Invoice", many(3)), rows("Bill", "", "2026-01-16T10:30:00-08:00"),
                            rows("Vendor", many(1), "2026-01-16T10:40:00-08:00")},
                           "");
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  EXPECT_EQ(output.records.size(), 4u);
  EXPECT_EQ(output.checkpoints.back(), since("2026-01-16T17:55:00Z"));
  EXPECT_EQ(asked().size(), 3u);
  EXPECT_EQ(asked()[0].find("WHERE"), std::string::npos);
  EXPECT_NE(asked()[2].find("Active%20IN"), std::string::npos);
}

TEST_F(QuickBooksPoll, ASourceThatSleptThirtyDaysReadsEverythingAgain) {
  const auto output = poll({rows("Invoice", many(1)), rows("Bill", ""), rows("Vendor", "")},
                           since("2025-12-17T18:00:00Z"));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_TRUE(asked()[0].starts_with("query?"));
  EXPECT_EQ(output.checkpoints.back(), since("2026-01-16T17:55:00Z"));
  EXPECT_TRUE(world_.log[0].starts_with("cursor_too_old"));
}

TEST_F(QuickBooksPoll, EveryFormOfAFaultIsUnderstood) {
  const auto error = [](const char* code) {
    return R"([{"Message":"m","Detail":"d","code":")" + std::string(code) + R"(","element":"Id"}])";
  };
  struct Row {
    std::string body;
    std::uint32_t http;
    gantry_status status;
    const char* code;
  };
  const Row rows[] = {
      {R"({"Fault":{"Error":)" + error("10000") + R"(,"type":"SystemFault"}})", 500,
       GANTRY_TRANSIENT, "10000"},
      {R"({"Error":)" + error("10001") + R"(,"type":"ValidationFault"})", 400, GANTRY_TRANSIENT,
       "10001"},
      {R"({"fault":{"error":[{"message":"m","detail":"d","code":"10001"}],"type":"SERVICE"}})", 400,
       GANTRY_TRANSIENT, "10001"},
      {R"({"Fault":{"Error":)" + error("10001") + R"(}})", 200, GANTRY_TRANSIENT, "10001"},
      {R"({"fault":{"error":[{"message":"m","detail":"d","code":"003100"}],"type":"AUTHORIZATION"}})",
       403, GANTRY_CONFIG, "3100"},
      {R"({"Fault":{"Error":)" + error("003001") + R"(}})", 400, GANTRY_RATE_LIMITED, "3001"},
      {R"({"Fault":{"Error":)" + error("100") + R"(,"type":"AUTHENTICATION"}})", 400, GANTRY_AUTH,
       "100"},
      {R"({"Fault":{"Error":)" + error("2020") + R"(,"type":"ValidationFault"}})", 400,
       GANTRY_CONFIG, "2020"},
      {R"({"Fault":{"Error":)" + error("4001") + R"(,"type":"QueryParserError"}})", 400,
       GANTRY_CONFIG, "4001"},
      {"", 429, GANTRY_RATE_LIMITED, "429"},
      {"<html>", 503, GANTRY_TRANSIENT, "503"},
      {"{}", 404, GANTRY_CONFIG, "404"},
      {"no json", 200, GANTRY_TRANSIENT, ""},
      {"<?xml version=\"1.0\"?><IntuitResponse/>", 200, GANTRY_DATA, "XML"},
      {"<?xml version=\"1.0\"?><IntuitResponse/>", 406, GANTRY_DATA, "XML"}};
  for (const Row& row : rows) {
    const auto output = poll({answer(row.body, row.http)});
    EXPECT_EQ(output.status, row.status) << row.body << row.http;
    EXPECT_EQ(output.error.code, row.code) << row.body;
    EXPECT_TRUE(output.checkpoints.empty());
    EXPECT_EQ(output.error.message.find("access-0"), std::string::npos);
  }
}

TEST_F(QuickBooksPoll, TheRealOddAnswersDoWhatTheyMust) {
  if (std::getenv("GANTRY_INPUTS_DIR") == nullptr) return;
  const auto odd = poll({answer(input("/polls/qbo_cdc_integer_ids_no_zone.json"))});
  EXPECT_EQ(odd.status, GANTRY_OK);
  ASSERT_EQ(odd.records.size(), 1u);
  EXPECT_EQ(odd.records[0].kind, "customer");
  EXPECT_EQ(odd.records[0].key, "1");
  EXPECT_EQ(odd.rejected.size(), 2u);
  EXPECT_TRUE(odd.checkpoints.empty());
  EXPECT_EQ(world_.log.size(), 1u);

  const auto xml = poll({answer(input("/polls/qbo_cdc_deleted_payment.xml"))});
  EXPECT_EQ(xml.status, GANTRY_DATA);
  EXPECT_EQ(xml.error.code, "XML");
  EXPECT_TRUE(xml.checkpoints.empty());

  const std::string severe = input("/polls/qbo_fault_severe_10001.json");
  for (const std::string& body : {severe, R"({"Fault":)" + severe + "}"}) {
    const auto output = poll({answer(body, 400)});
    EXPECT_EQ(output.status, GANTRY_TRANSIENT);
    EXPECT_EQ(output.error.code, "10001");
  }
  const json plus = json::parse(input("/bugs/56_changed_since_offset_plus.json"));
  EXPECT_EQ(plus["checkpoint"], "2026-01-16T02:00:00+10:00");
  // An answer's time with that offset becomes UTC, so that no "+" can leave.
  const auto stored = poll({cdc("{}", "2026-01-17T04:05:00+10:00")});
  EXPECT_EQ(stored.checkpoints, (Texts{since("2026-01-16T18:00:00Z")}));
}

// --- Tokens

class QuickBooksTokens : public QuickBooksPoll {
 protected:
  QuickBooksTokens() { world_.kv.clear(); }
  const std::string token_url_ = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";
};

TEST_F(QuickBooksTokens, TheRefreshIsTheDocumentedOne) {
  poll({token_answer(), cdc("{}")});
  const auto& asked = script_.asked.at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.url, token_url_);
  EXPECT_EQ(asked.body, "grant_type=refresh_token&refresh_token=refresh-of-the-company-0");
  EXPECT_EQ(asked.headers[0].second, "Basic " + to_base64("client-1:secret-of-the-app"));
  EXPECT_EQ(script_.asked.at(1).headers[1].second, "Bearer access-1");
}

TEST_F(QuickBooksTokens, TheNewRefreshTokenIsKeptBeforeTheAccessTokenIsUsed) {
  std::string newest_at_use;
  world_.http = [&](const test::HttpExchange& asked) {
    if (asked.method == "POST") return token_answer();
    newest_at_use = world_.secrets["/refresh_token"].front();
    EXPECT_FALSE(world_.kv["access_token"].first.empty());
    return cdc("{}");
  };
  EXPECT_EQ(source_.poll(kCursor).status, GANTRY_OK);
  EXPECT_EQ(newest_at_use, "refresh-of-the-company-1");
}

TEST_F(QuickBooksTokens, AnAccessTokenIsUsedForItsHour) {
  poll({token_answer(), cdc("{}")});
  poll({cdc("{}")});
  EXPECT_EQ(script_.asked.size(), 1u);
  world_.now_ns += 3'400 * 1'000'000'000LL;  // Within five minutes of its end.
  poll({token_answer("access-2", "refresh-of-the-company-2"), cdc("{}")});
  EXPECT_EQ(script_.asked.at(0).body,
            "grant_type=refresh_token&refresh_token=refresh-of-the-company-1");
}

TEST_F(QuickBooksTokens, ATokenRefusedEarlyIsRefreshedOnce) {
  poll({token_answer(), cdc("{}")});
  const auto output =
      poll({answer("", 401), token_answer("access-2", "refresh-of-the-company-2"), cdc("{}")});
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(script_.asked.size(), 3u);
  EXPECT_EQ(poll({answer("", 401), token_answer("access-3", "r"), answer("", 401)}).status,
            GANTRY_AUTH);
}

TEST_F(QuickBooksTokens, ALostAnswerIsSaidInPlainWords) {
  test::HttpAnswer lost;
  lost.status = GANTRY_TRANSIENT;
  EXPECT_EQ(poll({lost}).status, GANTRY_TRANSIENT);
  // At once it could still be on its way in another process.
  EXPECT_EQ(poll({}).error.code, "REFRESH_IN_FLIGHT");
  EXPECT_TRUE(script_.asked.empty());
  world_.now_ns += 60'000'000'000;
  const auto output = poll({answer(R"({"error":"invalid_grant"})", 400)});
  EXPECT_EQ(output.status, GANTRY_AUTH);
  EXPECT_EQ(output.error.code, "invalid_grant");
  EXPECT_NE(output.error.message.find("was lost"), std::string::npos);
  EXPECT_NE(output.error.message.find("Connect the company anew"), std::string::npos);
}

TEST_F(QuickBooksTokens, ADeadGrantAndWrongKeysAreAuthAndNotRepeatedAtOnce) {
  const auto dead = poll({answer(R"({"error":"invalid_grant"})", 400)});
  EXPECT_EQ(dead.status, GANTRY_AUTH);
  EXPECT_EQ(dead.error.message.find("was lost"), std::string::npos);
  EXPECT_EQ(poll({}).error.code, "COOL_DOWN");
  EXPECT_TRUE(script_.asked.empty());
  world_.now_ns += 301'000'000'000;
  EXPECT_EQ(poll({answer(R"({"error":"invalid_client"})", 401)}).error.code, "invalid_client");
}

TEST_F(QuickBooksTokens, ASpentBudgetWaitsLongAndIsLoud) {
  const auto output = poll({answer("", 429)});
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  EXPECT_GE(output.error.retry_after_ns, 3600 * 1'000'000'000LL);
  ASSERT_EQ(world_.log.size(), 1u);
  EXPECT_TRUE(world_.log[0].starts_with("monthly_budget_spent"));
}

TEST_F(QuickBooksTokens, ALimitThatSaysItsEndIsNoSpentBudget) {
  test::HttpAnswer limited = answer("", 429);
  limited.retry_after_ns = 7'500'000'000;
  const auto output = poll({limited});
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(output.error.retry_after_ns, 7'500'000'000);
  EXPECT_TRUE(world_.log.empty());
}

TEST_F(QuickBooksTokens, AnAnswerCutAnywhereIsTriedAgainOrGivesTheToken) {
  const std::string whole = token_answer().body;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    world_.kv.clear();
    EXPECT_EQ(poll({answer(whole.substr(0, size))}).status, GANTRY_TRANSIENT) << size;
  }
  EXPECT_EQ(world_.secrets["/refresh_token"].size(), 1u);
}

TEST_F(QuickBooksTokens, NoSecretIsEverInALogACursorOrAMessage) {
  const auto output = poll({token_answer(), answer("", 503)});
  for (const auto& text : world_.log) EXPECT_EQ(text.find("refresh-of"), std::string::npos);
  EXPECT_EQ(output.error.message.find("access-1"), std::string::npos);
  EXPECT_EQ(poll({cdc("{}")}).checkpoints.back().find("access"), std::string::npos);
}

// --- The cursor and the law of poller.h

TEST_F(QuickBooksPoll, ACursorOfSomebodyElseIsRefusedByItsCode) {
  for (const std::string_view cursor :
       {"garbage", "[]", R"({"v":2})", R"({"v":"1"})", R"({"v":1,"since":7})",
        R"({"v":1,"since":"yesterday"})", R"({"v":1,"since":"2026-01-16T17:00:00"})",
        R"({"v":1,"work":7})", R"({"v":1,"work":{"entities":[7],"position":1}})",
        R"({"v":1,"work":{"entities":["Bill"],"position":-1}})", "\xff\xfe"}) {
    const auto output = poll({}, cursor);
    EXPECT_EQ(output.status, GANTRY_DATA) << cursor;
    EXPECT_EQ(output.error.code, "CURSOR") << cursor;
    EXPECT_TRUE(script_.asked.empty());
  }
}

TEST_F(QuickBooksPoll, AChainOfInterruptedPollsGivesTheSameRecords) {
  const test::Source source(
      plugin(), R"({"realm_id":"4620816365","client_id":"c","client_secret":"env:A",)"
                R"("refresh_token":"env:B","entities":["Invoice","Bill"],"page_size":2})");
  world_.http = [&](const test::HttpExchange& asked) {
    const auto has = [&](const char* text) { return asked.url.find(text) != asked.url.npos; };
    if (has("cdc?")) return cdc("{\"Bill\":[" + object("9") + "]}");
    if (has("FROM%20Bill")) return rows("Bill", object("8"));
    if (has("17%3A02")) return rows("Invoice", object("3", "2026-01-16T17:02:00Z"));
    return rows("Invoice",
                object("1", "2026-01-16T17:01:00Z") + ',' + object("2", "2026-01-16T17:02:00Z"));
  };
  const auto run = [&](std::size_t stop_at) {
    std::set<std::string> seen;
    std::string cursor;
    world_.records_max = stop_at;
    for (int calls = 0; calls < 10; ++calls) {
      const auto output = source.poll(cursor);
      EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
      for (const auto& record : output.records) {
        seen.insert(record.kind + record.key + record.metadata + std::to_string(record.version));
      }
      if (!output.checkpoints.empty()) cursor = output.checkpoints.back();
      if (!output.more) return std::pair(seen, cursor);
      world_.records_max = SIZE_MAX;
    }
    ADD_FAILURE() << "no end with a stop at " << stop_at;
    return std::pair(seen, cursor);
  };
  const auto whole = run(SIZE_MAX);
  EXPECT_EQ(whole.first.size(), 4u);
  for (std::size_t stop = 1; stop <= 4; ++stop) EXPECT_EQ(run(stop), whole) << stop;
}

}  // namespace
}  // namespace gantry::quickbooks
