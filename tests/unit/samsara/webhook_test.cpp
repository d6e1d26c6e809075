#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

using nlohmann::json;

class SamsaraWebhook : public testing::Test {
 protected:
  test::Verdict verify(const test::Request& request) const { return source_.verify(request); }
  void expect_rejected(const test::Request& request, std::string_view reason) const {
    const auto verdict = verify(request);
    EXPECT_EQ(verdict.decision, GANTRY_VERDICT_REJECT);
    EXPECT_EQ(verdict.reason, reason);
  }
  test::Output parse(std::string_view body) const {
    test::Request request;
    request.body = body;
    request.received_at_ns = kNowS * kSecondNs;
    return source_.parse(request);
  }
  test::Record one(std::string_view body) const {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u) << body;
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  static std::string event(std::string_view type, std::string_view data = "{}") {
    return R"({"eventId":"e1","eventTime":"2026-01-16T13:57:21Z","eventType":")" +
           std::string(type) + R"(","orgId":7,"webhookId":"9","data":)" + std::string(data) + "}";
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kConfig};
};

TEST_F(SamsaraWebhook, TheVendorsVectorIsAccepted) {
  test::Request request;
  request.body = "test-body";
  request.received_at_ns = 1'700'000'000 * kSecondNs;
  request.headers = {{"X-Samsara-Timestamp", "1700000000"},
                     {"X-Samsara-Signature",
                      "v1=e05d9d1f326a1f8a845d2520d09d45c6b20c1931828bbd1dd3858446e7ae7082"}};
  EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT);
  request.body = "test-bodY";
  expect_rejected(request, "signature_mismatch");
}

TEST_F(SamsaraWebhook, TheSecretAsTextIsNotTheKey) {
  expect_rejected(webhook(kArrival, kSecret), "signature_mismatch");
}

TEST_F(SamsaraWebhook, ThePythonSdksSchemeIsRejected) {
  test::Request request = webhook(kArrival);
  request.headers.pop_back();
  request.headers.push_back(
      {"x-samsara-hmacsha256-signature", to_base64(hmac_sha256(kKey, request.body))});
  expect_rejected(request, "signature_missing");
}

TEST_F(SamsaraWebhook, TheDeliveryIdIsTheEventId) {
  EXPECT_EQ(verify(webhook(kArrival)).delivery_id, "017d3c5e-7f2b-4b61-9a0e-5f1c2d3e4f50");
  EXPECT_EQ(
      verify(
          webhook(
              R"({"entityType":"addressCreated","data":{"eventId":"k1","eventType":"addressCreated"}})"))
          .delivery_id,
      "k1");
  for (const auto* body : {"", "{", "[]", R"({"eventId":5.5e})", "{}"}) {
    const auto verdict = verify(webhook(body));
    EXPECT_EQ(verdict.decision, GANTRY_VERDICT_ACCEPT) << body;
    EXPECT_EQ(verdict.delivery_id, "") << body;
  }
  EXPECT_EQ(verify(webhook(R"({"eventId":")" + std::string(257, 'x') + "\"}")).delivery_id, "");
}

TEST_F(SamsaraWebhook, TheReplayWindowIsFiveMinutesBothWaysAndInSeconds) {
  EXPECT_EQ(verify(webhook(kArrival, kKey, kNowS - 300)).decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(verify(webhook(kArrival, kKey, kNowS + 300)).decision, GANTRY_VERDICT_ACCEPT);
  expect_rejected(webhook(kArrival, kKey, kNowS - 301), "stale");
  expect_rejected(webhook(kArrival, kKey, kNowS + 301), "future");
  // Milliseconds would be the year 58000, beyond 64 bits of nanoseconds.
  expect_rejected(webhook(kArrival, kKey, kNowS * 1000), "timestamp_malformed");
}

TEST_F(SamsaraWebhook, MissingRepeatedBlankAndMalformedHeadersAreRejected) {
  for (const auto* name : {"X-Samsara-Signature", "X-Samsara-Timestamp"}) {
    const std::string word = std::string(name).ends_with("Signature") ? "signature" : "timestamp";
    test::Request missing = webhook(kArrival);
    std::erase_if(missing.headers, [&](const auto& pair) { return pair.first == name; });
    expect_rejected(missing, word + "_missing");
    test::Request twice = webhook(kArrival);
    twice.headers.push_back({name, header(twice, name)});
    expect_rejected(twice, word + "_repeated");
    test::Request blank = webhook(kArrival);
    header(blank, name) = "  ";
    expect_rejected(blank, word + "_blank");
  }
  for (const auto* bad : {"v1=", "v1=00", "v2=", "e05d", "v1=zz"}) {
    test::Request request = webhook(kArrival);
    header(request, "X-Samsara-Signature") = bad;
    expect_rejected(request, "signature_malformed");
  }
  test::Request request = webhook(kArrival);
  header(request, "X-Samsara-Timestamp") = "2026-01-16T14:00:00Z";
  expect_rejected(request, "timestamp_malformed");
}

TEST_F(SamsaraWebhook, BothSecretsOfARotationAreGood) {
  plugin_.world().secrets["/webhook_secret"] = {to_base64("new-secret"), std::string(kSecret)};
  EXPECT_EQ(verify(webhook(kArrival)).decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(verify(webhook(kArrival, "new-secret")).decision, GANTRY_VERDICT_ACCEPT);
  expect_rejected(webhook(kArrival, "other-secret"), "signature_mismatch");
}

TEST_F(SamsaraWebhook, WithoutASecretNothingIsAccepted) {
  plugin_.world().secrets["/webhook_secret"] = {};
  expect_rejected(webhook(kArrival), "secret_missing");
  plugin_.world().secrets["/webhook_secret"] = {" "};
  expect_rejected(webhook(kArrival), "secret_blank");
  plugin_.world().secrets["/webhook_secret"] = {"not base64"};
  EXPECT_EQ(verify(webhook(kArrival)).status, GANTRY_CONFIG);
}

TEST_F(SamsaraWebhook, ASignedSampleIsAccepted) {
  test::Request request = webhook(kArrival);
  request.headers = source_.sign(request);
  EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT);
}

TEST_F(SamsaraWebhook, ARouteArrivalBecomesThisRecord) {
  const auto record = one(kArrival);
  EXPECT_EQ(record.kind, "route_event");
  EXPECT_EQ(record.key, "017d3c5e-7f2b-4b61-9a0e-5f1c2d3e4f50");
  EXPECT_EQ(record.title, "Arrived: ACME DC, route Joliet-Newark");
  EXPECT_EQ(record.text,
            "Arrived: ACME DC, route Joliet-Newark; en route since 2026-01-16T13:21:40Z; "
            "ETA 2026-01-16T13:57:00Z; arrived 2026-01-16T13:57:02Z; Joliet, IL; driver Dee Marsh; "
            "vehicle T-12; loadId: LD-88231; samsara.serial: GXXXAAA111");
  EXPECT_EQ(record.occurred_at_ns, 1'768'571'822 * kSecondNs);
  EXPECT_EQ(record.version, 1'768'571'841 * kSecondNs);
  EXPECT_EQ(record.raw, kArrival);
  EXPECT_EQ(record.flags, 0u);
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"driver","name":"Dee Marsh","handle":"","external_id":"0051700111"},
    {"role":"vehicle","name":"T-12","handle":"","external_id":"281474"}])"));
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "event_id":"017d3c5e-7f2b-4b61-9a0e-5f1c2d3e4f50","event_type":"RouteStopArrival",
    "organisation_id":"20936","webhook_id":"1411751028848270","route_id":"6009000001",
    "route_name":"Joliet-Newark","stop_id":"6066000001","stop_name":"ACME DC",
    "stop_state":"arrived","eta":"2026-01-16T13:57:00Z","tz":"Z",
    "references":["loadId: LD-88231","samsara.serial: GXXXAAA111"],
    "extra":{"data":{"operation":"stop departed","type":"route tracking",
      "time":"2026-01-16T13:57:02Z",
      "vehicle":{"externalIds":{"samsara.serial":"GXXXAAA111"}},
      "route":{"externalIds":{"loadId":"LD-88231"},
        "stops":[{"id":"6066000001","name":"ACME DC","state":"arrived",
                  "singleUseLocation":{"address":"Joliet, IL","latitude":41.52,"longitude":-88.08}}]},
      "routeStopDetails":{"enRouteTime":"2026-01-16T13:21:40Z",
                          "actualArrivalTime":"2026-01-16T13:57:02Z"}}}})"));
}

TEST_F(SamsaraWebhook, EveryPublishedTypeHasItsKind) {
  const std::pair<const char*, const char*> types[] = {{"AddressCreated", "address"},
                                                       {"AddressUpdated", "address"},
                                                       {"AddressDeleted", "address"},
                                                       {"AlertIncident", "alert"},
                                                       {"AlertObjectEvent", "alert"},
                                                       {"DocumentSubmitted", "document"},
                                                       {"DriverCreated", "driver"},
                                                       {"DriverUpdated", "driver"},
                                                       {"DvirSubmitted", "dvir"},
                                                       {"MissingDvirPastDue", "dvir"},
                                                       {"EngineFaultOn", "alert"},
                                                       {"EngineFaultOff", "alert"},
                                                       {"FormSubmitted", "form"},
                                                       {"FormUpdated", "form"},
                                                       {"GatewayUnplugged", "alert"},
                                                       {"GeofenceEntry", "alert"},
                                                       {"GeofenceExit", "alert"},
                                                       {"IssueCreated", "issue"},
                                                       {"PredictiveMaintenanceAlert", "alert"},
                                                       {"RouteStopArrival", "route_event"},
                                                       {"RouteStopDeparture", "route_event"},
                                                       {"RouteStopEarlyLateArrival", "route_event"},
                                                       {"RouteStopEtaUpdated", "route_event"},
                                                       {"RouteStopResequence", "route_event"},
                                                       {"SevereSpeedingStarted", "safety_event"},
                                                       {"SevereSpeedingEnded", "safety_event"},
                                                       {"SpeedingEventStarted", "safety_event"},
                                                       {"SpeedingEventEnded", "safety_event"},
                                                       {"SuddenFuelLevelDrop", "alert"},
                                                       {"SuddenFuelLevelRise", "alert"},
                                                       {"VehicleCreated", "vehicle"},
                                                       {"VehicleUpdated", "vehicle"},
                                                       {"routeStopArrival", "route_event"},
                                                       {"NobodyKnowsThis", "event"}};
  for (const auto& [type, kind] : types) {
    const auto record = one(event(type, R"({"x":{"y":10.00}})"));
    EXPECT_EQ(record.kind, kind) << type;
    EXPECT_EQ(record.key, "e1") << type;
    EXPECT_FALSE(record.title.empty()) << type;
    // Unknown fields are kept, digits unchanged.
    EXPECT_NE(record.metadata.find(R"("extra":{"data":{"x":{"y":10.00}}})"), std::string::npos)
        << record.metadata;
  }
}

TEST_F(SamsaraWebhook, AThingsEventsUpdateOneDocumentAndADeletionIsATombstone) {
  const auto created = one(event(
      "AddressCreated",
      R"({"address":{"id":"007","name":"ACME DC","formattedAddress":"1 Main St, Joliet, IL"}})"));
  EXPECT_EQ(created.key, "007");
  EXPECT_EQ(created.title, "Address created: ACME DC");
  EXPECT_EQ(created.text, "Address created: ACME DC; 1 Main St, Joliet, IL");
  EXPECT_EQ(created.flags, 0u);
  const auto deleted = one(event("AddressDeleted", R"({"address":{"id":"007"}})"));
  EXPECT_EQ(deleted.key, "007");
  EXPECT_EQ(deleted.flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(SamsaraWebhook, AnIncidentNamesTheDriverAndVehicleOfItsConditions) {
  const auto record = one(event(
      "AlertIncident",
      R"({"happenedAtTime":"2026-01-16T13:50:00.250Z","updatedAtTime":"2026-01-16T13:51:00Z","isResolved":true,)"
      R"("incidentUrl":"https://cloud.samsara.example/i/1","configurationId":"c-1","conditions":[{"description":"Harsh braking",)"
      R"("details":{"harshEvent":{"vehicle":{"id":"1","name":"T-1"},"driver":{"id":"2","name":"Al Roe"}}}}]})"));
  EXPECT_EQ(record.text, "Alert incident; Harsh braking; resolved; driver Al Roe; vehicle T-1");
  EXPECT_EQ(record.occurred_at_ns, 1'768'571'400'250'000'000);
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["incident_url"], "https://cloud.samsara.example/i/1");
  EXPECT_EQ(metadata["configuration_id"], "c-1");
  EXPECT_EQ(metadata["is_resolved"], true);
}

TEST_F(SamsaraWebhook, AWebhookOneAlertIsRead) {
  const auto record = one(
      R"({"eventId":"a1","eventMs":1768571841000,"eventType":"Alert","event":{"alertConditionDescription":"Vehicle is moving",)"
      R"("summary":"T-12 moved","details":"after hours","startMs":1768571822000,"resolved":false,"device":{"id":281474,"name":"T-12"}}})");
  EXPECT_EQ(record.kind, "alert");
  EXPECT_EQ(record.key, "a1");
  EXPECT_EQ(record.title, "Alert: T-12 moved");
  EXPECT_EQ(record.occurred_at_ns, 1'768'571'822 * kSecondNs);
  EXPECT_EQ(record.version, 1'768'571'841 * kSecondNs);
  EXPECT_EQ(
      json::parse(record.participants),
      json::parse(R"([{"role":"vehicle","name":"T-12","handle":"","external_id":"281474"}])"));
}

TEST_F(SamsaraWebhook, APingGivesNoRecord) {
  for (const auto* body :
       {R"({"eventId":"p","eventMs":1768571841000,"eventType":"Ping","event":{"text":"x"}})",
        R"({"eventId":"p","eventTime":"2026-01-16T13:57:21Z","eventType":"Ping"})"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_OK);
    EXPECT_TRUE(output.records.empty());
  }
}

/// connectors.md section 13, and the vendor's file where the inputs are there.
void expect_1970(const test::Record& record) {
  EXPECT_EQ(record.kind, "vehicle");
  EXPECT_EQ(record.key, "494123");
  EXPECT_EQ(record.occurred_at_ns, 1'665'545'683'000'000);  // Kept as it was sent.
  // The arrival orders it, so it is never older than what is stored.
  EXPECT_EQ(record.version, 0);
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["time_implausible"], true);
  EXPECT_EQ(metadata["event_id"], "017db07f-6e95-470e-8cc0-a371f9deed2b");
}

TEST_F(SamsaraWebhook, ATimeIn1970IsKeptFlaggedAndOrdersNothing) {
  expect_1970(one(
      R"({"eventId":"017db07f-6e95-470e-8cc0-a371f9deed2b","eventTime":"1970-01-20T06:39:05.683Z","eventType":"VehicleCreated","orgId":1,)"
      R"("data":{"vehicle":{"id":"494123","name":"T-9"}}})"));
}

TEST_F(SamsaraWebhook, TheVendorsSampleOf1970IsReadSo) {
  if (inputs_dir().empty()) return;
  std::ifstream file(inputs_dir() + "/webhooks/samsara_vehicle_created_1970.json");
  ASSERT_TRUE(file);
  std::stringstream text;
  text << file.rdbuf();
  const auto verdict = verify(webhook(text.str()));
  EXPECT_EQ(verdict.delivery_id, "017db07f-6e95-470e-8cc0-a371f9deed2b");
  const auto record = one(text.str());
  expect_1970(record);
  EXPECT_EQ(record.text,
            "Vehicle created: Fleet Truck #1; 6SAM123; 1GBJ6P1B2HV112765; "
            "vehicle Fleet Truck #1; maintenanceId: 250020");
}

TEST_F(SamsaraWebhook, WhatIsNoEventIsADeadLetter) {
  for (const auto* body : {"", "{", "[]", "null", "{}", R"({"eventType":""})", "\xff\xfe",
                           R"({"eventType":"X","data":[]})", R"({"eventType":"X","data":1})"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_DATA) << body;
    EXPECT_TRUE(output.records.empty());
  }
}

TEST_F(SamsaraWebhook, ABodyCutAnywhereIsADeadLetterAndNothingElse) {
  for (std::size_t size = 0; size < kArrival.size(); ++size) {
    const std::string cut(kArrival.substr(0, size));
    EXPECT_EQ(parse(cut).status, GANTRY_DATA) << size;
    EXPECT_EQ(verify(webhook(cut)).decision, GANTRY_VERDICT_ACCEPT) << size;
  }
}

TEST_F(SamsaraWebhook, EveryFieldMayHaveAnotherType) {
  const json body = json::parse(kArrival);
  const json flat = body.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const char* other : {"null", "true", "7", "\"x\"", "[]", "{}", "[{}]"}) {
      json changed = body;
      changed[json::json_pointer(pointer)] = json::parse(other);
      const auto output = parse(changed.dump());
      EXPECT_TRUE(output.status == GANTRY_OK || output.status == GANTRY_DATA) << pointer << other;
      for (const auto& record : output.records) EXPECT_FALSE(record.key.empty());
    }
  }
}

}  // namespace
}  // namespace gantry::samsara
