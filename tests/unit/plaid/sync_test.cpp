#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/plaid/plaid_samples.hpp"

namespace gantry::plaid {
namespace {

using nlohmann::json;

class PlaidSync : public testing::Test {
 protected:
  PlaidSync() {
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
  }
  test::Output poll(std::initializer_list<test::HttpAnswer> answers, std::string_view cursor = "") {
    script_.asked.clear();
    script_.answers = answers;
    return source_.poll(cursor);
  }
  /// Cursors sent to Plaid, in order; "-" where none was.
  std::vector<std::string> cursors() const {
    std::vector<std::string> all;
    for (const auto& asked : script_.asked) {
      all.push_back(json::parse(asked.body).value("cursor", "-"));
    }
    return all;
  }
  static std::string at(std::string_view cursor, std::string_view more = "") {
    return R"({"v":1,"items":{"operating":{"cursor":")" + std::string(cursor) + '"' +
           std::string(more) + "}}}";
  }
  static std::vector<std::string> keys(const test::Output& output) {
    std::vector<std::string> all;
    for (const auto& record : output.records) all.push_back(record.key);
    return all;
  }
  using Texts = std::vector<std::string>;

  test::World& world_ = world();
  Script script_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(PlaidSync, TheRequestIsTheDocumentedOne) {
  poll({page({.next_cursor = "c1"})}, at("c0"));
  ASSERT_EQ(script_.asked.size(), 1u);
  const auto& asked = script_.asked[0];
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.url, "https://sandbox.plaid.com/transactions/sync");
  EXPECT_EQ(json::parse(asked.body),
            json::parse(R"({"access_token":"access-1","cursor":"c0","count":500})"));
  const test::Pairs headers{{"Content-Type", "application/json"},
                            {"PLAID-CLIENT-ID", "client-1"},
                            {"PLAID-SECRET", "secret-of-the-team"},
                            {"Plaid-Version", "2020-09-14"}};
  EXPECT_EQ(asked.headers, headers);
}

TEST_F(PlaidSync, PagesAreReadToTheEndAndTheLastCursorIsKeptOnce) {
  const auto output = poll({page({.added = txn("a"), .next_cursor = "c1", .has_more = true}),
                            page({.added = txn("b"), .next_cursor = "c2", .has_more = true}),
                            page({.modified = txn("c"), .next_cursor = "c3"})});
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_FALSE(output.more);
  EXPECT_EQ(cursors(), (Texts{"-", "c1", "c2"}));
  EXPECT_EQ(keys(output), (Texts{"a", "b", "c"}));
  EXPECT_EQ(output.checkpoints, (Texts{at("c3")}));
}

TEST_F(PlaidSync, AMutationThrowsTheLoopAwayAndBeginsAtItsFirstCursor) {
  const auto output =
      poll({page({.added = txn("a"), .next_cursor = "c1", .has_more = true}), mutation(),
            page({.added = txn("b"), .next_cursor = "d1", .has_more = true}),
            page({.added = txn("c"), .next_cursor = "d2"})},
           at("c0"));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(cursors(), (Texts{"c0", "c1", "c0", "d1"}));
  EXPECT_EQ(keys(output), (Texts{"b", "c"}));  // a was withdrawn and never shown.
  EXPECT_EQ(output.checkpoints, (Texts{at("d2")}));
}

TEST_F(PlaidSync, AfterFiveRestartsItBacksOff) {
  const auto m = mutation();
  const auto output =
      poll({m, m, m, m, m, m, page({.added = txn("never"), .next_cursor = "x"})}, at("c0"));
  EXPECT_EQ(output.status, GANTRY_TRANSIENT);
  EXPECT_EQ(output.error.code, "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION");
  EXPECT_EQ(output.error.retry_after_ns, 60'000'000'000);
  EXPECT_EQ(script_.asked.size(), 6u);
  EXPECT_TRUE(output.records.empty());
  EXPECT_EQ(output.checkpoints, (Texts{at("c0", R"(,"failed_rounds":1)")}));
}

TEST_F(PlaidSync, AMutationThatStaysIsCuredByANewBeginning) {
  const auto m = mutation();
  std::string cursor = at("c0");
  for (int round = 0; round < 3; ++round) {
    const auto output = poll({m, m, m, m, m, m}, cursor);
    EXPECT_EQ(output.status, GANTRY_TRANSIENT);
    cursor = output.checkpoints.back();
  }
  EXPECT_EQ(cursor, R"({"v":1,"items":{}})");
  const auto output = poll({page({.added = txn("a"), .next_cursor = "c1"})}, cursor);
  EXPECT_EQ(cursors(), (Texts{"-"}));
  EXPECT_EQ(output.checkpoints, (Texts{at("c1")}));
}

TEST_F(PlaidSync, ARoundThatWorksForgetsTheFailedOnes) {
  const auto output = poll({page({.next_cursor = "c1"})}, at("c0", R"(,"failed_rounds":2)"));
  EXPECT_EQ(output.checkpoints, (Texts{at("c1")}));
}

TEST_F(PlaidSync, ACursorOfAnotherTokenStartsFromTheBeginning) {
  const auto output =
      poll({failed("INVALID_FIELD", "INVALID_REQUEST", "Cursor not associated with access_token"),
            page({.added = txn("a"), .next_cursor = "n1"})},
           at("c0"));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(cursors(), (Texts{"c0", "-"}));
  EXPECT_EQ(output.checkpoints, (Texts{at("n1")}));
}

TEST_F(PlaidSync, AnInvalidFieldThatIsNoCursorIsTheConfigurations) {
  const auto output = poll(
      {failed("INVALID_FIELD", "INVALID_REQUEST", "count must be between 1 and 500")}, at("c"));
  EXPECT_EQ(output.status, GANTRY_CONFIG);
  EXPECT_TRUE(output.checkpoints.empty());
  // Without a cursor of ours there is nothing that a new beginning could cure.
  EXPECT_EQ(poll({failed("INVALID_FIELD", "INVALID_REQUEST", "cursor must be null")}).status,
            GANTRY_DATA);
}

TEST_F(PlaidSync, NotReadyKeepsNoCursorAndIsNoFailure) {
  test::HttpAnswer answer = page({.next_cursor = ""});
  const auto output = poll({answer}, at("c0"));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_FALSE(output.more);
  EXPECT_TRUE(output.checkpoints.empty());
}

TEST_F(PlaidSync, ACursorThatStandsStillDoesNotLoopForEver) {
  const auto output =
      poll({page({.added = txn("a"), .next_cursor = "c0", .has_more = true})}, at("c0"));
  EXPECT_EQ(output.status, GANTRY_TRANSIENT);
  EXPECT_TRUE(output.records.empty());
}

TEST_F(PlaidSync, OneTransactionOfALoopIsOneRecordTheLastChangeOfIt) {
  const auto output =
      poll({page({.added = txn("a", "1") + ',' + txn("b"), .next_cursor = "c1", .has_more = true}),
            page({.modified = txn("a", "2"), .removed = removed("b"), .next_cursor = "c2"})});
  ASSERT_EQ(keys(output), (Texts{"a", "b"}));
  EXPECT_EQ(json::parse(output.records[0].metadata)["amount"], "2.00");
  EXPECT_EQ(output.records[1].flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(PlaidSync, EveryErrorOfTheTableHasItsStatus) {
  struct Row {
    const char *code, *type;
    std::uint32_t http;
    gantry_status status;
  };
  const Row rows[] = {{"ITEM_LOGIN_REQUIRED", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"USER_PERMISSION_REVOKED", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"USER_ACCOUNT_REVOKED", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"PENDING_DISCONNECT", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"PENDING_EXPIRATION", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"INVALID_ACCESS_TOKEN", "INVALID_INPUT", 400, GANTRY_AUTH},
                      {"INVALID_API_KEYS", "INVALID_INPUT", 400, GANTRY_AUTH},
                      {"SOMETHING_NEW", "ITEM_ERROR", 400, GANTRY_AUTH},
                      {"INSTITUTION_DOWN", "INSTITUTION_ERROR", 400, GANTRY_TRANSIENT},
                      {"INSTITUTION_NOT_RESPONDING", "INSTITUTION_ERROR", 400, GANTRY_TRANSIENT},
                      {"INTERNAL_SERVER_ERROR", "API_ERROR", 500, GANTRY_TRANSIENT},
                      {"PRODUCT_NOT_READY", "ITEM_ERROR", 400, GANTRY_TRANSIENT},
                      {"SOMETHING_NEW", "NEW_TYPE", 503, GANTRY_TRANSIENT},
                      {"TRANSACTIONS_SYNC_LIMIT", "RATE_LIMIT_EXCEEDED", 429, GANTRY_RATE_LIMITED},
                      {"SOME_LIMIT", "RATE_LIMIT_EXCEEDED", 400, GANTRY_RATE_LIMITED},
                      {"MISSING_FIELDS", "INVALID_REQUEST", 400, GANTRY_CONFIG},
                      {"SOMETHING_NEW", "INVALID_INPUT", 400, GANTRY_CONFIG},
                      {"SOMETHING_NEW", "NEW_TYPE", 400, GANTRY_CONFIG}};
  for (const Row& row : rows) {
    world_.now_ns += 200'000'000'000;  // Past the wait of a row before.
    const auto output = poll({failed(row.code, row.type, "words", row.http)}, at("c0"));
    EXPECT_EQ(output.status, row.status) << row.code << ' ' << row.type;
    EXPECT_EQ(output.error.code, row.code);
    EXPECT_EQ(output.error.detail, "words");
    EXPECT_EQ(output.error.message.find("access-1"), std::string::npos);
    EXPECT_TRUE(output.checkpoints.empty());
  }
}

TEST_F(PlaidSync, AnAnswerThatIsNotPlaidsGoesByItsStatus) {
  const std::pair<std::uint32_t, gantry_status> rows[] = {
      {502, GANTRY_TRANSIENT}, {401, GANTRY_AUTH},         {403, GANTRY_AUTH},
      {408, GANTRY_TRANSIENT}, {429, GANTRY_RATE_LIMITED}, {404, GANTRY_TRANSIENT},
      {302, GANTRY_TRANSIENT}};
  for (const auto& [http, status] : rows) {
    world_.now_ns += 200'000'000'000;
    test::HttpAnswer answer;
    answer.http_status = http;
    answer.body = "<html>proxy</html>";
    EXPECT_EQ(poll({answer}).status, status) << http;
  }
  test::HttpAnswer none;
  none.status = GANTRY_TRANSIENT;
  EXPECT_EQ(poll({none}).status, GANTRY_TRANSIENT);
}

TEST_F(PlaidSync, TheSyncLimitWaitsAboutAMinuteForThatItemOnly) {
  const test::Source two(plugin(), kTwoItems);
  const auto limit = failed("TRANSACTIONS_SYNC_LIMIT", "RATE_LIMIT_EXCEEDED", "slow", 429);
  script_.answers = {limit, page({.added = txn("b"), .next_cursor = "b1"})};
  const auto output = two.poll(R"({"v":1,"items":{"one":{"cursor":"a0"}}})");
  EXPECT_EQ(output.status, GANTRY_RATE_LIMITED);
  EXPECT_GE(output.error.retry_after_ns, 60'000'000'000);
  EXPECT_LE(output.error.retry_after_ns, 75'000'000'000);
  EXPECT_EQ(keys(output), (Texts{"b"}));
  ASSERT_EQ(output.checkpoints,
            (Texts{R"({"v":1,"items":{"one":{"cursor":"a0"},"two":{"cursor":"b1"}}})"}));

  // A poll that comes earlier leaves the item alone.
  world_.now_ns += 30'000'000'000;
  script_.asked.clear();
  script_.answers = {page({.next_cursor = "b2"})};
  EXPECT_EQ(two.poll(output.checkpoints.back()).status, GANTRY_RATE_LIMITED);
  EXPECT_EQ(cursors(), (Texts{"b1"}));

  world_.now_ns += 46'000'000'000;
  script_.asked.clear();
  script_.answers = {page({.next_cursor = "a1"}), page({.next_cursor = "b2"})};
  EXPECT_EQ(two.poll(output.checkpoints.back()).status, GANTRY_OK);
  EXPECT_EQ(cursors(), (Texts{"a0", "b1"}));
}

TEST_F(PlaidSync, RetryAfterCountsWhereItIsSent) {
  auto limit = failed("TRANSACTIONS_SYNC_LIMIT", "RATE_LIMIT_EXCEEDED", "slow", 429);
  limit.retry_after_ns = 7'000'000'000;
  EXPECT_EQ(poll({limit}).error.retry_after_ns, 7'000'000'000);
}

TEST_F(PlaidSync, AnItemThatNeedsItsUserStopsTheOthersNot) {
  const test::Source two(plugin(), kTwoItems);
  script_.answers = {failed("ITEM_LOGIN_REQUIRED", "ITEM_ERROR"),
                     page({.added = txn("b"), .next_cursor = "b1"})};
  const auto output = two.poll("");
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(keys(output), (Texts{"b"}));
  ASSERT_EQ(world_.log.size(), 1u);
  EXPECT_NE(world_.log[0].find("item=one code=ITEM_LOGIN_REQUIRED"), std::string::npos);

  script_.answers = {failed("ITEM_LOGIN_REQUIRED", "ITEM_ERROR"),
                     failed("USER_PERMISSION_REVOKED", "ITEM_ERROR")};
  EXPECT_EQ(two.poll("").status, GANTRY_AUTH);
}

TEST_F(PlaidSync, WrongKeysOfTheTeamEndTheCallAtOnce) {
  const test::Source two(plugin(), kTwoItems);
  script_.answers = {failed("INVALID_API_KEYS", "INVALID_INPUT")};
  EXPECT_EQ(two.poll("").status, GANTRY_AUTH);
  EXPECT_EQ(script_.asked.size(), 1u);
}

TEST_F(PlaidSync, ABankThatIsDownIsTriedAgainAndTheOthersAreRead) {
  const test::Source two(plugin(), kTwoItems);
  script_.answers = {failed("INSTITUTION_DOWN", "INSTITUTION_ERROR"),
                     page({.added = txn("b"), .next_cursor = "b1"})};
  const auto output = two.poll("");
  EXPECT_EQ(output.status, GANTRY_TRANSIENT);
  EXPECT_EQ(output.checkpoints.size(), 1u);
}

TEST_F(PlaidSync, ACursorOfSomebodyElseIsRefusedByItsCode) {
  const std::string deep(200'000, '[');
  const std::string longer = at(std::string(500, 'c'));
  for (const std::string_view cursor :
       {std::string_view("garbage"), std::string_view("[]"), std::string_view("{}"),
        std::string_view(R"({"v":2,"items":{}})"), std::string_view(R"({"v":"1","items":{}})"),
        std::string_view(R"({"v":1,"items":[]})"), std::string_view(R"({"v":1,"items":{"a":7}})"),
        std::string_view(R"({"v":1,"items":{"a":{"cursor":"x","loop_start":5}}})"),
        std::string_view("\xff\xfe"), std::string_view(deep), std::string_view(longer)}) {
    const auto output = poll({}, cursor);
    EXPECT_EQ(output.status, GANTRY_DATA);
    EXPECT_EQ(output.error.code, "CURSOR");
    EXPECT_TRUE(script_.asked.empty());
  }
}

TEST_F(PlaidSync, ItemsThatAreNoLongerConfiguredLeaveTheCursor) {
  const auto output =
      poll({page({.next_cursor = "c1"})},
           R"({"v":1,"items":{"sold":{"cursor":"s"},"operating":{"cursor":"c0"}}})");
  EXPECT_EQ(output.checkpoints, (Texts{at("c1")}));
}

TEST_F(PlaidSync, SixtyFourItemsFitIntoOneCursor) {
  std::string config = R"({"client_id":"c","secret":"env:A","items":[)";
  for (int i = 0; i < 64; ++i) {
    const std::string pointer = "/items/" + std::to_string(i) + "/access_token";
    world_.secrets[pointer] = {"access-" + std::to_string(i)};
    config += std::string(i == 0 ? "" : ",") + R"({"id":"item-of-the-longest-name-allow)" +
              std::to_string(10 + i) + R"(","access_token":"env:B"})";
    script_.answers.push_back(page({.next_cursor = std::string(256, 'x')}));
  }
  const test::Source all(plugin(), config + "]}");
  ASSERT_EQ(all.status, GANTRY_OK) << all.error.message;
  const auto output = all.poll("");
  EXPECT_EQ(output.checkpoints.size(), 64u);
  // In the middle of a loop each item has a second one.
  EXPECT_LT(output.checkpoints.back().size() * 2, 65536u);
}

TEST_F(PlaidSync, ALargeLoopIsCheckpointedInPiecesThatRemainOneLoop) {
  // 3 pages of 1,000: the first checkpoint comes after the second page.
  const auto thousand = [](const std::string& prefix) {
    std::string list;
    for (int i = 0; i < 1000; ++i) {
      list += (i == 0 ? "" : ",") + txn(prefix + std::to_string(i));
    }
    return list;
  };
  const auto p1 = page({.added = thousand("a"), .next_cursor = "c1", .has_more = true});
  const auto p2 = page({.added = thousand("b"), .next_cursor = "c2", .has_more = true});
  const auto p3 = page({.added = thousand("c"), .next_cursor = "c3"});
  const auto whole = poll({p1, p2, p3}, at("c0"));
  EXPECT_EQ(whole.records.size(), 3000u);
  EXPECT_EQ(whole.checkpoints, (Texts{at("c2", R"(,"loop_start":"c0")"), at("c3")}));

  // Stopped there and mutated: the restart goes to the loop's own beginning.
  world_.records_max = 2000;
  const auto stopped = poll({p1, p2, p3}, at("c0"));
  EXPECT_TRUE(stopped.more);
  world_.records_max = SIZE_MAX;
  const auto rest = poll({mutation(), p1, p2, p3}, at("c2", R"(,"loop_start":"c0")"));
  EXPECT_EQ(cursors(), (Texts{"c2", "c0", "c1", "c2"}));
  EXPECT_EQ(rest.records.size(), 3000u);
}

/// The law of poller.h: whatever interrupts, the chain gives the same records.
TEST_F(PlaidSync, AChainOfInterruptedPollsGivesTheSameRecords) {
  const test::Source two(plugin(), kTwoItems);
  std::map<std::string, std::map<std::string, test::HttpAnswer>> bank;
  bank["access-1"]["-"] =
      page({.added = txn("a1") + ',' + txn("a2"), .next_cursor = "a", .has_more = true});
  bank["access-1"]["a"] =
      page({.modified = txn("a1", "2"), .removed = removed("a2"), .next_cursor = "b"});
  bank["access-1"]["b"] = page({.next_cursor = "b"});
  bank["access-2"]["-"] =
      page({.added = txn("b1") + ',' + txn("b2") + ',' + txn("b3"), .next_cursor = "y"});
  bank["access-2"]["y"] = page({.next_cursor = "y"});
  world_.http = [&](const test::HttpExchange& asked) {
    const json body = json::parse(asked.body);
    return bank.at(body["access_token"]).at(body.value("cursor", "-"));
  };
  const auto run = [&](std::size_t stop_at) {
    std::set<std::string> seen;
    std::string cursor;
    world_.records_max = stop_at;
    for (int calls = 0; calls < 10; ++calls) {
      const auto output = two.poll(cursor);
      EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
      for (const auto& record : output.records) {
        seen.insert(record.key + ' ' + record.metadata + ' ' + record.raw);
      }
      if (!output.checkpoints.empty()) cursor = output.checkpoints.back();
      if (!output.more) return std::pair(seen, cursor);
      world_.records_max = SIZE_MAX;  // Interrupted once, at each place in turn.
    }
    ADD_FAILURE() << "no end with a stop at " << stop_at;
    return std::pair(seen, cursor);
  };
  const auto whole = run(SIZE_MAX);
  EXPECT_EQ(whole.first.size(), 5u);
  for (std::size_t stop = 1; stop <= 5; ++stop) EXPECT_EQ(run(stop), whole) << stop;
}

TEST_F(PlaidSync, ACancelledCallSaysSo) {
  world_.cancelled = true;
  EXPECT_EQ(poll({page({.next_cursor = "c"})}).status, GANTRY_CANCELLED);
  EXPECT_TRUE(script_.asked.empty());
}

TEST_F(PlaidSync, NoSecretIsEverInALogOrACursor) {
  const auto output = poll({failed("ITEM_LOGIN_REQUIRED", "ITEM_ERROR", "access-1 is old")});
  for (const auto& line : world_.log) {
    EXPECT_EQ(line.find("access-1"), std::string::npos);
    EXPECT_EQ(line.find("secret-of"), std::string::npos);
  }
  EXPECT_EQ(output.error.message.find("access-1"), std::string::npos);
}

TEST_F(PlaidSync, TheRealErrorBodiesDoWhatTheyMust) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;
  const auto load = [&](const char* name) {
    std::ifstream file(std::string(inputs) + name);
    const json fixture = json::parse(file);
    test::HttpAnswer answer;
    answer.http_status = fixture["http_status"];
    answer.body = fixture["body"].dump();
    return answer;
  };
  const auto restarted = poll({page({.added = txn("a"), .next_cursor = "c1", .has_more = true}),
                               load("/plaid/error_400_mutation_during_pagination.json"),
                               page({.added = txn("b"), .next_cursor = "d1"})},
                              at("c0"));
  EXPECT_EQ(restarted.status, GANTRY_OK);
  EXPECT_EQ(cursors(), (Texts{"c0", "c1", "c0"}));
  EXPECT_EQ(keys(restarted), (Texts{"b"}));
  const auto limited = poll({load("/plaid/error_429_sync_limit.json")}, at("c0"));
  EXPECT_EQ(limited.status, GANTRY_RATE_LIMITED);
  EXPECT_GE(limited.error.retry_after_ns, 60'000'000'000);
  EXPECT_TRUE(limited.checkpoints.empty());

  // bugs/43: two waits, then success, and the cursor is not lost.
  std::ifstream file(std::string(inputs) + "/bugs/43_sync_limit_429.json");
  const json bug = json::parse(file);
  world_.now_ns += 100'000'000'000;
  std::vector<gantry_status> statuses;
  for (const json& entry : bug["responses_in_turn"]) {
    test::HttpAnswer answer;
    answer.http_status = entry["status"];
    answer.body = entry.dump();
    const auto output = poll({answer}, at("c0"));
    EXPECT_EQ(cursors(), (Texts{"c0"}));
    statuses.push_back(output.status);
    world_.now_ns += output.error.retry_after_ns;
  }
  EXPECT_EQ(statuses,
            (std::vector<gantry_status>{GANTRY_RATE_LIMITED, GANTRY_RATE_LIMITED, GANTRY_OK}));
}

}  // namespace
}  // namespace gantry::plaid
