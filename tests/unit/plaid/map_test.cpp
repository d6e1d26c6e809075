#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/plaid/plaid_samples.hpp"

namespace gantry::plaid {
namespace {

using nlohmann::json;

class PlaidMap : public testing::Test {
 protected:
  PlaidMap() {
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
  }
  test::Output poll(const test::HttpAnswer& answer) {
    script_.answers = {answer};
    return source_.poll("");
  }
  test::Output poll(const Sync& sync) { return poll(page(sync)); }
  test::Record one(const Sync& sync) {
    const auto output = poll(sync);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u);
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  test::Record added(std::string_view more) {
    return one({.added = R"({"transaction_id":"t","account_id":"acc_1")" + std::string(more) + "}",
                .next_cursor = "c"});
  }

  test::World& world_ = world();
  Script script_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(PlaidMap, AnAddedTransactionBecomesThisRecord) {
  const auto record = one({.added = std::string(kFuel), .next_cursor = "c1"});
  EXPECT_EQ(record.kind, "bank_transaction");
  EXPECT_EQ(record.key, "txn_9");
  EXPECT_EQ(record.title, "Pilot");
  EXPECT_EQ(record.text,
            "Paid 612.40 USD from Operating …0417: PILOT #4417 FUEL; Joliet, IL; "
            "transportation gas; check 00417");
  EXPECT_EQ(record.raw, kFuel);
  EXPECT_EQ(record.flags, 0u);
  EXPECT_EQ(record.version, 0);
  // date -u -d 2026-01-16T00:20:05Z +%s
  EXPECT_EQ(record.occurred_at_ns, 1'768'522'805'000'000'000);
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"merchant","name":"Pilot","handle":"pilot.example","external_id":"ent_7"}])"));
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "item":"operating","item_id":"it_1","account_id":"acc_1","tz":"-06:00",
    "account_name":"Operating","account_mask":"0417","amount":"612.40","currency":"USD",
    "direction":"out","date":"2026-01-16","authorized_date":"2026-01-15","pending":false,
    "pending_transaction_id":"txn_8","payment_channel":"in store","check_number":"00417",
    "personal_finance_category":{"primary":"TRANSPORTATION","detailed":"TRANSPORTATION_GAS",
      "confidence_level":"VERY_HIGH"},
    "location":{"city":"Joliet","region":"IL","postal_code":"07114","store_number":"4417"},
    "payment_meta":{"account_number":"********6789"},
    "extra":{"account_owner":"****1234","authorized_datetime":"2026-01-15T18:20:05-06:00",
      "merchant_entity_id":"ent_7","new_field":{"deep":[1.50]}}})"));
}

TEST_F(PlaidMap, ARemovalIsATombstone) {
  const auto record = one({.removed = removed("txn_8"), .next_cursor = "c1"});
  EXPECT_EQ(record.kind, "bank_transaction");
  EXPECT_EQ(record.key, "txn_8");
  EXPECT_EQ(record.flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(record.raw, removed("txn_8"));
  EXPECT_EQ(json::parse(record.metadata),
            json::parse(R"({"item":"operating","item_id":"it_1","account_id":"acc_1"})"));
}

TEST_F(PlaidMap, APendingIsLinkedToItsPostingFromBothSides) {
  const auto output =
      poll(Sync{.added = txn("t2", "45", R"(,"pending":false,"pending_transaction_id":"p2")"),
                .removed = removed("p2"),
                .next_cursor = "c"});
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(json::parse(output.records[0].metadata)["pending_transaction_id"], "p2");
  EXPECT_EQ(output.records[1].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(json::parse(output.records[1].metadata)["replaced_by"], "t2");
  EXPECT_EQ(output.records[1].title, "Replaced by its posting");
}

TEST_F(PlaidMap, AmountsAreDecimalTextWithPlaidsSign) {
  const std::tuple<const char*, const char*, const char*, const char*> rows[] = {
      {R"(,"amount":72.1,"iso_currency_code":"USD")", "72.10", "out", "Paid 72.10 USD"},
      {R"(,"amount":-0.1,"iso_currency_code":"USD")", "-0.10", "in", "Received 0.10 USD"},
      {R"(,"amount":1500,"iso_currency_code":"JPY")", "1500", "out", "Paid 1500 JPY"},
      {R"(,"amount":0.00012,"unofficial_currency_code":"BTC")", "0.00012", "out",
       "Paid 0.00012 BTC"},
      {R"(,"amount":12345678901234567.89,"iso_currency_code":"USD")", "12345678901234567.89", "out",
       "Paid 12345678901234567.89 USD"}};
  for (const auto& [fields, amount, direction, words] : rows) {
    const auto record = added(fields);
    const json metadata = json::parse(record.metadata);
    EXPECT_EQ(metadata["amount"], amount);
    EXPECT_EQ(metadata["direction"], direction);
    EXPECT_TRUE(record.text.starts_with(words)) << record.text;
  }
}

TEST_F(PlaidMap, TheFirstTimeThatIsThereCounts) {
  const std::tuple<const char*, std::int64_t, const char*> rows[] = {
      {R"(,"datetime":"2026-01-16T10:00:00Z","authorized_datetime":"2026-01-15T10:00:00Z")",
       1'768'557'600, "Z"},
      {R"(,"datetime":null,"authorized_datetime":"2026-01-16T05:00:00-05:00","date":"2026-01-01")",
       1'768'557'600, "-05:00"},
      {R"(,"datetime":"","authorized_datetime":null,"date":"2026-01-16")", 1'768'521'600, ""}};
  for (const auto& [fields, seconds, zone] : rows) {
    const auto record = added(fields);
    EXPECT_EQ(record.occurred_at_ns, seconds * 1'000'000'000) << fields;
    EXPECT_EQ(json::parse(record.metadata).value("tz", ""), zone);
  }
  EXPECT_EQ(json::parse(added(R"(,"date":"2026-01-16")").metadata)["time_precision"], "day");
  EXPECT_EQ(added("").occurred_at_ns, GANTRY_TIME_UNKNOWN);
  EXPECT_EQ(added(R"(,"date":"16/01/2026")").occurred_at_ns, GANTRY_TIME_UNKNOWN);
}

TEST_F(PlaidMap, EveryFieldMayBeMissingOrOfAnotherType) {
  const auto bare = added("");
  EXPECT_EQ(bare.title, "t");
  EXPECT_EQ(bare.text, "Paid an unknown amount from Operating …0417");
  for (const auto* value : {"null", "[]", "{}", "7", "\"x\"", "true"}) {
    std::string fields;
    for (const auto* name :
         {"amount", "iso_currency_code", "date", "datetime", "name", "merchant_name",
          "counterparties", "pending", "pending_transaction_id", "personal_finance_category",
          "location", "payment_meta", "check_number", "account_owner", "payment_channel"}) {
      fields += R"(,")" + std::string(name) + R"(":)" + value;
    }
    const auto record = added(fields);
    EXPECT_TRUE(json::parse(record.metadata).is_object()) << value;
    EXPECT_TRUE(json::parse(record.participants).is_array()) << value;
  }
}

TEST_F(PlaidMap, IdsKeepLeadingZerosAndTwentyDigits) {
  EXPECT_EQ(one({.added = txn("00012"), .next_cursor = "c"}).key, "00012");
  EXPECT_EQ(one({.added = R"({"transaction_id":12345678901234567890})", .next_cursor = "c"}).key,
            "12345678901234567890");
}

TEST_F(PlaidMap, ATransactionWithoutIdIsADeadLetterAndTheRestGoesOn) {
  const auto output = poll(Sync{.added = R"({"amount":1},7,)" + txn("t1"), .next_cursor = "c"});
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.rejected.size(), 2u);
  EXPECT_EQ(output.rejected[0].first, R"({"amount":1})");
  EXPECT_EQ(output.rejected[0].second.code, "NO_ID");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.checkpoints.size(), 1u);
}

TEST_F(PlaidMap, ALongTitleIsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 400; ++i) name += "é";
  const auto record = added(R"(,"name":")" + name + '"');
  EXPECT_LE(record.title.size(), 512u);
  EXPECT_EQ(record.title, name.substr(0, record.title.size()));
}

TEST_F(PlaidMap, AnAnswerCutAnywhereGivesNothingAndMovesNothing) {
  const std::string whole = page({.added = std::string(kFuel) + ',' + txn("t1"),
                                  .removed = removed("txn_8"),
                                  .next_cursor = "c1"})
                                .body;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::HttpAnswer answer;
    answer.body = whole.substr(0, size);
    const auto output = poll(answer);
    ASSERT_EQ(output.status, GANTRY_TRANSIENT) << size;
    ASSERT_TRUE(output.records.empty() && output.checkpoints.empty()) << size;
  }
}

TEST_F(PlaidMap, AnAnswerOfAnotherShapeIsTriedAgain) {
  for (const auto* body : {"[]", "null", "{}", R"({"next_cursor":"c"})", R"({"has_more":false})",
                           R"({"next_cursor":1,"has_more":false})"}) {
    test::HttpAnswer answer;
    answer.body = body;
    EXPECT_EQ(poll(answer).status, GANTRY_TRANSIENT) << body;
  }
}

TEST_F(PlaidMap, TheVendorsOwnExampleGivesItsRightValues) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;  // The folder of real files is not part of the repository.
  std::ifstream file(std::string(inputs) + "/plaid/sync_vendor_example.json");
  ASSERT_TRUE(file);
  std::ostringstream text;
  text << file.rdbuf();
  test::HttpAnswer answer;
  answer.body = text.str();
  const auto output = poll(answer);
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 3u);
  EXPECT_EQ(output.checkpoints.size(), 1u);
  const auto& added = output.records[0];
  EXPECT_EQ(added.key, "lPNjeW1nR6CDn5okmGQ6hEpMo4lLNoSrzqDje");
  EXPECT_EQ(json::parse(added.metadata)["amount"], "72.10");
  EXPECT_EQ(json::parse(added.metadata)["currency"], "USD");
  EXPECT_EQ(json::parse(added.metadata)["direction"], "out");
  EXPECT_EQ(json::parse(added.metadata)["pending_transaction_id"],
            "no86Eox18VHMvaOVL7gPUM9ap3aR1LsAVZ5nc");
  EXPECT_EQ(added.occurred_at_ns, 1'695'553'261'000'000'000);  // 2023-09-24T11:01:01Z
  const auto& modified = output.records[1];
  EXPECT_EQ(modified.key, "yhnUVvtcGGcCKU0bcz8PDQr5ZUxUXebUvbKC0");
  EXPECT_EQ(json::parse(modified.metadata)["amount"], "28.34");
  EXPECT_EQ(json::parse(modified.metadata)["pending"], true);
  EXPECT_EQ(json::parse(modified.participants).size(), 2u);
  EXPECT_EQ(output.records[2].flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(PlaidMap, TwoPendingsOfOneAmountAreToldApartByTheirIds) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;
  std::ifstream file(std::string(inputs) + "/bugs/41_two_pendings_same_amount.json");
  const json pages = json::parse(file);
  std::map<std::string, std::pair<bool, std::string>> live;  // id: pending, replaced by
  std::map<std::string, std::string> gone;
  std::string cursor;
  for (const auto* name : {"page_1", "page_2", "page_3"}) {
    json sync = pages[name];
    script_.answers = {test::HttpAnswer{}};
    script_.answers[0].body = sync.dump();
    const auto output = source_.poll(cursor);
    cursor = output.checkpoints.back();
    for (const auto& record : output.records) {
      const json metadata = json::parse(record.metadata);
      if (record.flags == GANTRY_RECORD_TOMBSTONE) {
        live.erase(record.key);
        gone[record.key] = metadata.value("replaced_by", "");
      } else {
        live[record.key] = {metadata["pending"], metadata.value("pending_transaction_id", "")};
        EXPECT_TRUE(metadata["amount"] == "45.0" || metadata["amount"] == "45.00");
      }
    }
    if (name == std::string("page_2")) {
      EXPECT_EQ(live.size(), 2u);
      EXPECT_TRUE(live.at("p1").first);
      EXPECT_EQ(live.at("t2"), std::pair(false, std::string("p2")));
      EXPECT_EQ(gone.at("p2"), "t2");
    }
  }
  EXPECT_EQ(live.size(), 2u);  // Twice 45.00: 90.00.
  EXPECT_EQ(live.at("t1"), std::pair(false, std::string()));
  EXPECT_EQ(gone.at("p1"), "");
}

}  // namespace
}  // namespace gantry::plaid
