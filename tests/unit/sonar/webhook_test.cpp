#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/sonar/sonar_samples.hpp"

namespace gantry::sonar {
namespace {

using nlohmann::json;

constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReject = GANTRY_VERDICT_REJECT;

class SonarWebhook : public testing::Test {
 protected:
  static test::Record one(const test::Output& output) {
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u);
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  static test::Request token(std::string_view body) {
    return request(body, {{"X-Signature", std::string(kSecret)}});
  }

  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  test::Source relay_{plugin_, webhook_config("freightwaves")};
  test::Source software_{plugin_, webhook_config("sonar_software")};
  test::Source sonarqube_{plugin_, webhook_config("sonarqube")};
};

TEST_F(SonarWebhook, TheRelayIsVerifiedByTheHousesSchemeAndNamedByItsAlert) {
  const auto verdict = relay_.verify(relay(kAlert));
  EXPECT_EQ(verdict.decision, kAccept) << verdict.reason;
  EXPECT_EQ(verdict.delivery_id, "al-0007");
  EXPECT_EQ(relay_.verify(relay(kAlert, "another")).reason, "signature_mismatch");
  // The vector of the generic scheme, computed outside of this project's code.
  const auto vector = request(
      R"({"eventName":"SHIPMENT_UPDATE"})",
      {{"X-Timestamp", "1767225600"},
       {"X-Signature", "f499e7039dc2fde9281dd3871166edf6828611fdd02ad9825fd780a33ac7ad14"}});
  EXPECT_EQ(relay_.verify(vector).decision, kAccept);
}

TEST_F(SonarWebhook, AStaleRelayIsRejected) {
  test::Request late = relay(kAlert);
  late.received_at_ns += 301 * kNs;
  EXPECT_EQ(relay_.verify(late).reason, "stale");
}

TEST_F(SonarWebhook, ARelayedAlertBecomesThisRecord) {
  const auto record = one(relay_.parse(relay(kAlert)));
  EXPECT_EQ(record.kind, "market_alert");
  EXPECT_EQ(record.key, "al-0007");
  EXPECT_EQ(record.title, "OTRI ATL above 9");
  EXPECT_EQ(record.text, "OTRI ATL above 9; value 9.10, before 8.40");
  EXPECT_EQ(record.raw, kAlert);
  EXPECT_EQ(record.occurred_at_ns, kNow * kNs);
  EXPECT_EQ(record.version, kNow * kNs);
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "alert_id":"al-0007","alert_description":"OTRI ATL above 9","severity":"high",
    "timestamp":"2025-12-31T18:00:00-06:00","index":"OTRI","qualifier":"ATL","value":"9.10",
    "previous":"8.40","tz":"-06:00","extra":{"desk":"south"}})"));
}

TEST_F(SonarWebhook, AnAlertOfUnknownShapeIsKept) {
  const auto record = one(relay_.parse(relay(R"({"a":[1]})")));
  EXPECT_EQ(record.kind, "market_alert");
  EXPECT_EQ(record.key.size(), 64u);
  EXPECT_EQ(record.title, "SONAR alert");
  EXPECT_EQ(json::parse(record.metadata)["extra"]["a"][0], 1);
}

TEST_F(SonarWebhook, SonarSoftwareIsAnsweredExactly200) {
  const auto verdict = software_.verify(token(kAccount));
  EXPECT_EQ(verdict.decision, kAccept) << verdict.reason;
  EXPECT_EQ(verdict.reply_status, 200u);
  EXPECT_EQ(software_.verify(request(kAccount, {{"X-Signature", "wrong"}})).decision, kReject);
  EXPECT_EQ(software_.verify(request(kAccount, {})).reason, "signature_missing");
}

TEST_F(SonarWebhook, ARetryOfTheDayIsOneDeliveryAndTheNextDayIsAnother) {
  test::Request later = token(kAccount);
  later.received_at_ns += 4 * 3600 * kNs;
  EXPECT_EQ(software_.verify(later).delivery_id, software_.verify(token(kAccount)).delivery_id);
  later.received_at_ns += 86'400 * kNs;
  EXPECT_NE(software_.verify(later).delivery_id, software_.verify(token(kAccount)).delivery_id);
}

TEST_F(SonarWebhook, AnAccountEventBecomesThisRecord) {
  const auto record = one(software_.parse(token(kAccount)));
  EXPECT_EQ(record.kind, "sonar_event");
  EXPECT_EQ(record.key, "account.status:1");
  EXPECT_EQ(record.title, "sonar.software account.status 1");
  EXPECT_EQ(record.version, 0);
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({"event":"account.status",
    "object_id":"1","current":{"id":1,"status":"Active"},"extra":{"x":2}})"));
}

TEST_F(SonarWebhook, SonarQubeSignsTheBodyAlone) {
  const auto verdict = sonarqube_.verify(sonarqube(kGate));
  EXPECT_EQ(verdict.decision, kAccept) << verdict.reason;
  EXPECT_EQ(verdict.delivery_id, "");
  // HMAC-SHA256 of "{}" under "house-secret", by openssl.
  const char* mac = "9ac90ce97ce49301e6fa876f900f9e7eb13db999cc64dac78f486449c616832c";
  EXPECT_EQ(sonarqube_.verify(request("{}", {{"x-sonar-webhook-hmac-sha256", mac}})).decision,
            kAccept);
  EXPECT_EQ(sonarqube_.verify(sonarqube(kGate, "another")).reason, "signature_mismatch");
  EXPECT_EQ(sonarqube_.verify(relay(kGate)).reason, "signature_missing");
  EXPECT_EQ(sonarqube_.verify(request("{}", {{"X-Sonar-Webhook-HMAC-SHA256", "zz"}})).reason,
            "signature_malformed");
}

TEST_F(SonarWebhook, AQualityGateBecomesThisRecord) {
  const auto record = one(sonarqube_.parse(sonarqube(kGate)));
  EXPECT_EQ(record.kind, "quality_gate");
  EXPECT_EQ(record.key, "tms:main");
  EXPECT_EQ(record.title, "TMS quality gate ERROR");
  EXPECT_EQ(record.text, "TMS quality gate ERROR; analysis SUCCESS");
  EXPECT_EQ(record.occurred_at_ns, (kNow + 9 * 3600 + 46 * 60 + 28) * kNs);
  const json metadata = json::parse(record.metadata);
  EXPECT_EQ(metadata["tz"], "+0100");
  EXPECT_EQ(metadata["gate_status"], "ERROR");
  EXPECT_EQ(metadata["conditions"][0]["metric"], "new_coverage");
  EXPECT_EQ(metadata["extra"]["serverUrl"], "https://sq.example");
}

TEST_F(SonarWebhook, ABodyCutAnywhereIsNeitherAcceptedNorRead) {
  const std::pair<const test::Source*, test::Request> samples[] = {{&relay_, relay(kAlert)},
                                                                   {&sonarqube_, sonarqube(kGate)}};
  for (const auto& [source, whole] : samples) {
    for (std::size_t size = 0; size < whole.body.size(); ++size) {
      test::Request cut = whole;
      cut.body.resize(size);
      EXPECT_EQ(source->verify(cut).decision, kReject) << size;
      EXPECT_EQ(source->parse(cut).status, GANTRY_DATA) << size;
    }
  }
  for (std::size_t size = 0; size < kAccount.size(); ++size) {
    EXPECT_EQ(software_.parse(token(kAccount.substr(0, size))).status, GANTRY_DATA) << size;
  }
}

TEST_F(SonarWebhook, WhatItSignsItAccepts) {
  for (const auto* source : {&relay_, &software_, &sonarqube_}) {
    test::Request sample = request(kGate, {});
    sample.headers = source->sign(sample);
    EXPECT_EQ(source->verify(sample).decision, kAccept);
  }
}

TEST_F(SonarWebhook, EverySecretOfARotationIsTriedAndABlankOneNever) {
  world_.secrets["/webhook_secret"] = {"the-new-secret", std::string(kSecret)};
  EXPECT_EQ(relay_.verify(relay(kAlert)).decision, kAccept);
  EXPECT_EQ(sonarqube_.verify(sonarqube(kGate)).decision, kAccept);
  world_.secrets["/webhook_secret"] = {" "};
  EXPECT_EQ(relay_.verify(relay(kAlert, " ")).reason, "secret_blank");
  EXPECT_EQ(sonarqube_.verify(sonarqube(kGate, " ")).reason, "secret_blank");
}

}  // namespace
}  // namespace gantry::sonar
