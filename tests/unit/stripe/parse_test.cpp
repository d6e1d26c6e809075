#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/inputs.hpp"
#include "tests/unit/stripe/stripe_samples.hpp"

namespace gantry::stripe {
namespace {

using nlohmann::json;

class StripeParse : public testing::Test {
 protected:
  test::Output parse(std::string_view body) const {
    test::Request request;
    request.body = body;
    return source_.parse(request);
  }
  /// The object's record of an event around `object`.
  test::Record object(const std::string& object, const std::string& type = "x.y") const {
    const auto output = parse(R"({"id":"evt_1","object":"event","created":1767225590,"type":")" +
                              type + R"(","data":{"object":)" + object + "}}");
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  static json metadata(const test::Record& record) { return json::parse(record.metadata); }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kConfig};
};

TEST_F(StripeParse, APayoutBecomesTheseTwoRecords) {
  const auto output = parse(kPayout);
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 2u);
  const auto& payout = output.records[0];
  EXPECT_EQ(payout.kind, "payout");
  EXPECT_EQ(payout.key, "po_0042");
  EXPECT_EQ(payout.title, "Payout 2850.00 USD in_transit");
  EXPECT_EQ(payout.text, "payout.updated po_0042 STRIPE PAYOUT");
  EXPECT_EQ(payout.raw, kPayout);
  EXPECT_EQ(payout.flags, 0u);
  EXPECT_EQ(payout.occurred_at_ns, 1'767'225'590 * kNs);
  EXPECT_EQ(payout.version, 1'767'225'590 * kNs);
  EXPECT_EQ(json::parse(payout.participants), json::parse(R"([
    {"role":"account","name":"","handle":"","external_id":"acct_7"}])"));
  EXPECT_EQ(metadata(payout), json::parse(R"({
    "event_id":"evt_9q","event_type":"payout.updated","account":"acct_7",
    "api_version":"2018-05-21","livemode":false,"request_id":"req_3","tz":"Z",
    "previous_attributes":{"status":"pending"},"object_id":"po_0042","currency":"USD",
    "amount":"2850.00","arrival_date":"2026-01-02T00:00:00Z","status":"in_transit",
    "description":"STRIPE PAYOUT","destination":"ba_5","stripe_metadata":{"load":"LD-88231"},
    "extra":{"automatic":true}})"));

  const auto& event = output.records[1];
  EXPECT_EQ(event.kind, "stripe_event");
  EXPECT_EQ(event.key, "evt_9q");
  EXPECT_EQ(event.metadata, payout.metadata);
}

TEST_F(StripeParse, WithoutKeepEventsOnlyTheObjectIsKept) {
  const test::Source source(plugin_, R"({"signing_secret":"env:A","keep_events":false})");
  test::Request request;
  request.body = kPayout;
  const auto output = source.parse(request);
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, "payout");
  request.body =
      R"({"id":"evt_1","type":"balance.available","data":{"object":{"object":"balance"}}})";
  EXPECT_EQ(source.parse(request).records.at(0).kind, "stripe_event");
}

TEST_F(StripeParse, AnAmountHasTheDigitsOfItsCurrency) {
  const std::pair<const char*, const char*> rows[] = {
      {R"("amount":1100,"currency":"usd")", "11.00"},
      {R"("amount":5,"currency":"usd")", "0.05"},
      {R"("amount":-5,"currency":"usd")", "-0.05"},
      {R"("amount":0,"currency":"usd")", "0.00"},
      {R"("amount":500,"currency":"jpy")", "500"},
      {R"("amount":5000,"currency":"kwd")", "5.000"},
      {R"("amount":5,"currency":"kwd")", "0.005"},
      {R"("amount":500,"currency":"ugx")", "5.00"},
      {R"("amount":12345678901234567890123,"currency":"usd")", "123456789012345678901.23"}};
  for (const auto& [members, amount] : rows) {
    const auto record = object(std::string(R"({"id":"ch_1","object":"charge",)") + members + "}");
    EXPECT_EQ(metadata(record)["amount"], amount) << members;
  }
}

TEST_F(StripeParse, AnAmountThatIsNoWholeNumberIsKeptAsItIs) {
  const auto record = object(R"({"id":"ch_1","object":"charge","amount":10.5,"currency":"usd"})");
  EXPECT_FALSE(metadata(record).contains("amount"));
  EXPECT_EQ(metadata(record)["extra"]["amount"], 10.5);
}

TEST_F(StripeParse, AnInvoiceNamesItsCustomer) {
  const auto record = object(
      R"({"id":"in_1","object":"invoice","number":"0001045","customer":{"id":"cus_2","name":"n"},)"
      R"("customer_name":"Acme","customer_email":"ap@acme.example","total":285000,)"
      R"("amount_due":285000,"currency":"usd","status":"open","due_date":1767312000})");
  EXPECT_EQ(record.kind, "invoice");
  EXPECT_EQ(record.title, "Invoice 0001045 Acme 2850.00 USD open");
  EXPECT_EQ(metadata(record)["number"], "0001045");
  EXPECT_EQ(metadata(record)["due_date"], "2026-01-02T00:00:00Z");
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"customer","name":"Acme","handle":"ap@acme.example","external_id":"cus_2"}])"));
}

TEST_F(StripeParse, ThePaymentIntentIsAPaymentAndOtherObjectsKeepTheirName) {
  EXPECT_EQ(object(R"({"id":"pi_1","object":"payment_intent"})").kind, "payment");
  EXPECT_EQ(object(R"({"id":"cs_1","object":"checkout.session"})").kind, "checkout_session");
  EXPECT_EQ(object(R"({"id":"x","object":"Some thing"})").kind, "stripe_event");
}

TEST_F(StripeParse, ADeletedObjectIsATombstoneAndItsEventIsNot) {
  const auto output =
      parse(R"({"id":"evt_1","type":"customer.deleted","created":1767225590,)"
            R"("data":{"object":{"id":"cus_1","object":"customer","name":"Acme"}}})");
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.records[1].flags, 0u);
  EXPECT_EQ(
      object(R"({"id":"sub_1","object":"subscription"})", "customer.subscription.deleted").flags,
      0u);
}

TEST_F(StripeParse, BankNumbersStayOutOfTheMetadata) {
  const auto record =
      object(R"({"id":"ba_1","object":"bank_account","routing_number":"110000000","bank_name":"B",)"
             R"("last4":"6789","owner":{"account_number":"000123456789"}})");
  EXPECT_EQ(record.metadata.find("000123456789"), std::string::npos);
  EXPECT_EQ(record.metadata.find("110000000"), std::string::npos);
  EXPECT_EQ(metadata(record)["extra"]["bank_name"], "B");
}

TEST_F(StripeParse, AnEventOfUnknownTypeIsKept) {
  const auto output = parse(R"({"id":"evt_1","type":"not sure"})");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, "stripe_event");
  EXPECT_EQ(output.records[0].title, "not sure");
  EXPECT_EQ(output.records[0].occurred_at_ns, GANTRY_TIME_UNKNOWN);
  EXPECT_EQ(output.records[0].version, 0);
}

TEST_F(StripeParse, WhatIsNoEventIsDataAndGivesNothing) {
  for (const auto* body : {"", "{}", "[]", "null", "{\"id\":{}}", "{'a':1}", "\xff\xfe",
                           R"({"id":"evt_1","object":"v2.core.event"})"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_DATA) << body;
    EXPECT_TRUE(output.records.empty());
    EXPECT_FALSE(output.error.message.empty());
  }
}

TEST_F(StripeParse, ABodyCutAnywhereIsData) {
  for (std::size_t size = 0; size < kPayout.size(); ++size) {
    const auto output = parse(kPayout.substr(0, size));
    EXPECT_EQ(output.status, GANTRY_DATA) << size;
    EXPECT_TRUE(output.records.empty());
  }
}

/// What the stores do with versions.
std::map<std::string, test::Record> fold(const std::vector<test::Record>& records) {
  std::map<std::string, test::Record> kept;
  for (const auto& record : records) {
    auto& slot = kept[record.kind + ":" + record.key];
    if (slot.key.empty() || record.version >= slot.version) slot = record;
  }
  return kept;
}

TEST_F(StripeParse, AnUpdateThatOvertakesItsCreationWins) {
  const auto text = test::input("bugs/26_updated_before_created.json").value_or(R"([
    {"id":"evt_2","object":"event","type":"customer.subscription.updated","created":1747826405,
     "data":{"object":{"id":"sub_1","object":"subscription","status":"active"}}},
    {"id":"evt_1","object":"event","type":"customer.subscription.created","created":1747826402,
     "data":{"object":{"id":"sub_1","object":"subscription","status":"incomplete"}}}])");
  std::vector<test::Record> all;
  for (const auto& event : json::parse(text)) {
    for (auto& record : parse(event.dump()).records) all.push_back(record);
  }
  const auto kept = fold(all);
  EXPECT_EQ(metadata(kept.at("subscription:sub_1"))["status"], "active");
  EXPECT_TRUE(kept.contains("stripe_event:evt_1"));
  EXPECT_TRUE(kept.contains("stripe_event:evt_2"));
}

TEST_F(StripeParse, ThePublishedPayoutTwiceIsOneEventAndTheNewerStays) {
  const auto text = test::input("webhooks/stripe_payout_new_then_old.json");
  if (!text) return;
  std::vector<test::Record> all;
  for (const auto& event : json::parse(*text)) {
    EXPECT_EQ(source_.verify(signed_request(event.dump())).delivery_id,
              "evt_1CiPtv2eZvKYlo2CcUZsDcO6");
    for (auto& record : parse(event.dump()).records) all.push_back(record);
  }
  const auto kept = fold(all);
  ASSERT_EQ(kept.size(), 2u);
  const auto& payout = kept.at("payout:po_1KePqi2eZvKYlo2CvjD177tu");
  EXPECT_EQ(payout.version, 1'530'291'413 * kNs);
  EXPECT_EQ(metadata(payout)["amount"], "11.00");
  EXPECT_EQ(metadata(payout)["currency"], "USD");
  EXPECT_EQ(metadata(payout)["status"], "in_transit");
  EXPECT_EQ(metadata(payout)["arrival_date"], "2022-03-18T00:00:00Z");
}

TEST_F(StripeParse, ThePublishedInvoiceItemIsRead) {
  const auto body = test::input("webhooks/stripe_v1_with_v0.body");
  if (!body) return;
  const auto output = parse(*body);
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(output.records[0].kind, "invoiceitem");
  EXPECT_EQ(output.records[1].key, "evt_123");
  const json data = metadata(output.records[0]);
  EXPECT_EQ(data["event_type"], "invoiceitem.created");
  EXPECT_EQ(data["account"], "acct_123");
  EXPECT_EQ(data["amount"], "10.00");
}

}  // namespace
}  // namespace gantry::stripe
