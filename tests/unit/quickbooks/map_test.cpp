#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/quickbooks/quickbooks_samples.hpp"

namespace gantry::quickbooks {
namespace {

using nlohmann::json;

constexpr auto* kCursor = R"({"v":1,"since":"2026-01-16T17:00:00Z"})";

class QuickBooksMap : public testing::Test {
 protected:
  QuickBooksMap() {
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
  }
  test::Output poll(std::initializer_list<test::HttpAnswer> answers) {
    script_.answers = answers;
    return source_.poll(kCursor);
  }
  test::Record one(std::string_view entity, std::string_view text) {
    const auto output =
        poll({cdc("{\"" + std::string(entity) + "\":[" + std::string(text) + "]}")});
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u);
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  test::World& world_ = world();
  Script script_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(QuickBooksMap, AnInvoiceBecomesThisRecord) {
  const auto record = one("Invoice", kInvoice);
  EXPECT_EQ(record.kind, "invoice");
  EXPECT_EQ(record.key, "00145");
  EXPECT_EQ(record.title, "Invoice 1045 Acme");
  EXPECT_EQ(record.text,
            "Invoice 1045 Acme: 2850.00 USD, balance 100.50, due 2026-02-14, Load LD-88231");
  EXPECT_EQ(record.raw, kInvoice);
  EXPECT_EQ(record.flags, 0u);
  EXPECT_EQ(record.occurred_at_ns, 1'768'435'200'000'000'000);  // 2026-01-15
  // 2026-01-16T16:02:11Z, and SyncToken 2 behind it.
  EXPECT_EQ(record.version, 1'768'579'331'000'000'002);
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"customer","name":"Acme","handle":"ap@acme.example","external_id":"7"}])"));
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "realm_id":"4620816365","entity":"Invoice","time_precision":"day","sync_token":"2",
    "doc_number":"1045","total":"2850.00","balance":"100.50","currency":"USD",
    "txn_date":"2026-01-15","due_date":"2026-02-14","updated_at":"2026-01-16T08:02:11-08:00",
    "linked":[{"id":"180","type":"Payment"}],
    "extra":{"domain":"QBO","sparse":false,"CustomerRef":{"value":"7","name":"Acme"},
      "BillEmail":{"Address":"ap@acme.example"},"PrivateNote":"Load LD-88231",
      "Line":[{"Id":"1","Amount":2850.00}]}})"));
}

TEST_F(QuickBooksMap, AVendorIsAPartyAndItsNumbersAreMasked) {
  const auto record = one(
      "Vendor",
      R"({"Id":"31","SyncToken":"0","DisplayName":"QL Haul","Active":false,"AcctNum":"99887766",)"
      R"("TaxIdentifier":"12-3456789","PrimaryEmailAddr":{"Address":"ops@ql.example"},"Balance":0,)"
      R"("VendorPaymentBankDetail":{"BankAccountNumber":"000123456789"},)"
      R"("MetaData":{"CreateTime":"2025-01-01T00:00:00-08:00","LastUpdatedTime":"2026-01-16T08:02:11-08:00"}})");
  EXPECT_EQ(record.kind, "vendor");
  EXPECT_EQ(record.title, "Vendor QL Haul");
  EXPECT_EQ(record.occurred_at_ns, 1'735'718'400'000'000'000);  // 2025-01-01T08:00:00Z
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"vendor","name":"QL Haul","handle":"ops@ql.example","external_id":"31"}])"));
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["tz"], "-08:00");
  EXPECT_EQ(metadata["active"], false);
  EXPECT_EQ(metadata["balance"], "0.00");
  EXPECT_EQ(metadata["extra"]["AcctNum"], "****7766");
  EXPECT_EQ(metadata["extra"]["TaxIdentifier"], "**-***6789");
  EXPECT_EQ(metadata["extra"]["VendorPaymentBankDetail"]["BankAccountNumber"], "********6789");
}

TEST_F(QuickBooksMap, KindsAreTheEntitiesInSmallLetters) {
  const auto record =
      one("BillPayment",
          object("9", "2026-01-16T08:02:11-08:00",
                 R"(,"TotalAmt":12345678901234567.89,"VendorRef":{"value":"31","name":"QL"},)"
                 R"("Line":[{"LinkedTxn":[{"TxnId":"5","TxnType":"Bill"}]}])"));
  EXPECT_EQ(record.kind, "bill_payment");
  EXPECT_EQ(record.title, "Bill payment QL");
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["total"], "12345678901234567.89");
  EXPECT_EQ(metadata["linked"], json::parse(R"([{"id":"5","type":"Bill"}])"));
}

TEST_F(QuickBooksMap, ADeletionIsBelievedOnlyAfterTheObjectIsGone) {
  const auto gone = poll({cdc("{\"Invoice\":[" + deleted("130") + "]}"), not_found()});
  ASSERT_EQ(gone.records.size(), 1u);
  EXPECT_EQ(gone.records[0].kind, "invoice");
  EXPECT_EQ(gone.records[0].key, "130");
  EXPECT_EQ(gone.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(gone.records[0].raw, deleted("130"));
  EXPECT_EQ(gone.records[0].version, 1'768'582'800'999'999'999);  // 17:00:00Z, after any SyncToken
  EXPECT_EQ(script_.asked.back().url,
            "https://quickbooks.api.intuit.com/v3/company/4620816365/invoice/130?minorversion=75");

  const auto alive = poll({cdc("{\"Invoice\":[" + deleted("130") + "]}"),
                           answer(R"({"Invoice":)" + object("130") + R"(,"time":"t"})")});
  ASSERT_EQ(alive.records.size(), 1u);
  EXPECT_EQ(alive.records[0].flags, 0u);
  EXPECT_EQ(alive.records[0].raw, object("130"));

  const auto still = poll({cdc("{\"Invoice\":[" + deleted("130") + "]}"),
                           answer(R"({"Invoice":)" + deleted("130") + "}")});
  EXPECT_EQ(still.records.at(0).flags, GANTRY_RECORD_TOMBSTONE);

  // Not told: nothing is decided and nothing moves on.
  const auto down = poll({cdc("{\"Invoice\":[" + deleted("130") + "]}"), answer("", 503)});
  EXPECT_EQ(down.status, GANTRY_TRANSIENT);
  EXPECT_TRUE(down.records.empty() && down.checkpoints.empty());
}

TEST_F(QuickBooksMap, RowsWithoutIdAreDeadLettersAndNumbersAreTexts) {
  const auto output =
      poll({cdc(R"({"Customer":[{"Id":1,"DisplayName":"T","Balance":0}]},)"
                R"({"Invoice":[{"DocNumber":"12344"},{"Id":null,"DocNumber":"12345"}]})")});
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].key, "1");
  ASSERT_EQ(output.rejected.size(), 2u);
  EXPECT_EQ(output.rejected[0].first, R"({"DocNumber":"12344"})");
  EXPECT_EQ(output.rejected[0].second.code, "NO_ID");
  EXPECT_EQ(one("Invoice", R"({"Id":12345678901234567890})").key, "12345678901234567890");
}

TEST_F(QuickBooksMap, EveryFieldMayBeMissingOrOfAnotherType) {
  EXPECT_EQ(one("Invoice", R"({"Id":"1"})").title, "Invoice");
  for (const auto* value : {"null", "[]", "{}", "7", "\"x\"", "true"}) {
    std::string fields = R"({"Id":"1")";
    for (const auto* name :
         {"SyncToken", "MetaData", "TotalAmt", "Balance", "CurrencyRef", "TxnDate", "DueDate",
          "CustomerRef", "VendorRef", "LinkedTxn", "Line", "DisplayName", "DocNumber"}) {
      fields += R"(,")" + std::string(name) + R"(":)" + value;
    }
    const auto record = one("Invoice", fields + "}");
    EXPECT_TRUE(json::parse(record.metadata).is_object()) << value;
    EXPECT_TRUE(json::parse(record.participants).is_array()) << value;
  }
}

TEST_F(QuickBooksMap, AHugeObjectKeepsItsRawAndSaysThatTheRestIsTooLarge) {
  const auto record = one("Invoice", R"({"Id":"1","Memo":")" + std::string(950'000, 'm') + R"("})");
  EXPECT_EQ(json::parse(record.metadata)["extra_too_large"], true);
  EXPECT_GT(record.raw.size(), 950'000u);
}

TEST_F(QuickBooksMap, AnAnswerCutAnywhereGivesNothingAndMovesNothing) {
  const std::string whole = cdc("{\"Invoice\":[" + std::string(kInvoice) + "]},{}").body;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto output = poll({answer(whole.substr(0, size))});
    ASSERT_EQ(output.status, GANTRY_TRANSIENT) << size;
    ASSERT_TRUE(output.records.empty() && output.checkpoints.empty()) << size;
  }
}

}  // namespace
}  // namespace gantry::quickbooks
