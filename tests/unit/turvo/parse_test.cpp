#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/turvo/turvo_samples.hpp"

namespace gantry::turvo {
namespace {

using nlohmann::json;

class TurvoParse : public testing::Test {
 protected:
  test::Output parse(std::string_view body) const { return source_.parse(with_token(body)); }
  test::Record one(std::string_view body) const {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u) << body;
    return output.records.empty() ? test::Record{} : output.records[0];
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kWebhookConfig};
};

TEST_F(TurvoParse, AStatusUpdateBecomesThisRecord) {
  const auto record = one(kStatus);
  EXPECT_EQ(record.kind, "shipment_status");
  EXPECT_EQ(record.key, "1000399120");
  EXPECT_EQ(record.title, "Shipment 0047361 Route complete");
  EXPECT_EQ(record.text, "SHIPMENT_STATUS_UPDATE 1000399120 0047361 Route complete");
  EXPECT_EQ(record.raw, kStatus);
  EXPECT_EQ(record.flags, 0u);
  // 2026-01-16T14:02:11.245Z is 1768572131.245 (date -u).
  EXPECT_EQ(record.occurred_at_ns, 1'768'572'131'245'000'000);
  EXPECT_EQ(record.version, 1'768'572'131'245'000'000);
  EXPECT_EQ(record.participants, "[]");
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "tenant_id":"1203","event_name":"SHIPMENT_STATUS_UPDATE",
    "event_time":"2026-01-16T14:02:11.245Z","shipment_id":"1000399120","load_id":"0047361",
    "status_key":"2116","status":"Route complete","tz":"Z",
    "extra":{"load":{"id":"0047361"}}})"));
}

TEST_F(TurvoParse, TheZoneOfTheEventIsKept) {
  const auto record =
      one(R"({"eventName":"SHIPMENT_STATUS_UPDATE","eventTime":"2026-01-16T08:02:11-06:00",)"
          R"("eventPayload":{"id":"007","status":{"code":{"key":"2101","value":"Tendered"}}}})");
  EXPECT_EQ(record.key, "007");
  EXPECT_EQ(record.occurred_at_ns, 1'768'572'131 * kNs);
  EXPECT_EQ(json::parse(record.metadata)["tz"], "-06:00");
}

TEST_F(TurvoParse, AnEventWithoutAStatusIsKeptUnderItsDelivery) {
  const std::string body =
      R"({"tenantId":"1203","eventName":"SHIPMENT_UPDATE","eventTime":"2026-01-16T14:02:11Z",)"
      R"("data":{"shipment_id":"0042","colour":"blue"}})";
  const auto record = one(body);
  EXPECT_EQ(record.kind, "turvo_event");
  EXPECT_EQ(record.key, source_.verify(with_token(body)).delivery_id);
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["shipment_id"], "0042");
  EXPECT_EQ(metadata["extra"]["colour"], "blue");
}

TEST_F(TurvoParse, AnUnknownShapeIsKept) {
  for (const auto* body : {"{}", R"({"a":[1,{"b":null}]})", R"({"eventName":7})",
                           R"({"eventName":"CARRIER_UPDATE","eventPayload":[1]})",
                           R"({"eventTime":"yesterday","eventName":"USER_UPDATE"})"}) {
    const auto record = one(body);
    EXPECT_EQ(record.kind, "turvo_event") << body;
    EXPECT_FALSE(record.key.empty());
    EXPECT_EQ(record.raw, body);
  }
}

TEST_F(TurvoParse, BankNumbersOfACarrierStayOutOfTheMetadata) {
  const auto record =
      one(R"({"eventName":"CARRIER_UPDATE","eventTime":"2026-01-16T14:02:11Z","eventPayload":)"
          R"({"id":31,"bankDetails":{"accountNumber":"000123456789","routingNumber":110000000}}})");
  EXPECT_EQ(record.metadata.find("000123456789"), std::string::npos);
  EXPECT_EQ(record.metadata.find("110000000"), std::string::npos);
}

TEST_F(TurvoParse, WhatIsNoObjectIsData) {
  for (const auto* body : {"", "[]", "7", "null", "{'a':1}", "\xff\xfe"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_DATA) << body;
    EXPECT_TRUE(output.records.empty());
  }
  for (std::size_t size = 0; size < kStatus.size(); ++size) {
    EXPECT_EQ(parse(kStatus.substr(0, size)).status, GANTRY_DATA) << size;
  }
}

TEST_F(TurvoParse, HydrationAddsTheShipmentThatTheEventNames) {
  const test::Vendor vendor("turvo", {"shipments=2"});
  plugin_.world().http = vendor.http();
  const test::Source source(plugin_, api_config(vendor.url(), R"(,"hydrate":true)"));
  const auto output = source.parse(with_token(kStatus));
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(output.records[0].kind, "shipment_status");
  EXPECT_EQ(output.records[1].kind, "shipment");
  EXPECT_EQ(output.records[1].key, "1000399120");
  EXPECT_EQ(vendor.count("GET /shipments/1000399120"), 1);

  vendor.tell("remove", R"({"ids":[1000399120]})");
  EXPECT_EQ(source.parse(with_token(kStatus)).records.size(), 1u);
  vendor.tell("faults", R"([{"match":"GET /shipments/","status":503}])");
  EXPECT_EQ(source.parse(with_token(kStatus)).status, GANTRY_TRANSIENT);
}

}  // namespace
}  // namespace gantry::turvo
