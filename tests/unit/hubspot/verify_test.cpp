#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

using nlohmann::json;

class HubspotVerify : public testing::Test {
 protected:
  test::Verdict verify(const test::Request& request) const { return source_.verify(request); }
  void expect_rejected(const test::Request& request, std::string_view reason) const {
    const auto verdict = verify(request);
    EXPECT_EQ(verdict.decision, GANTRY_VERDICT_REJECT);
    EXPECT_EQ(verdict.reason, reason);
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kWebhooks};
};

TEST_F(HubspotVerify, ThePublishedV3VectorIsAccepted) {
  test::Request vector = request("{'example_field':'example_value'}", 1'693'657'560'000);
  vector.headers = {{"X-HubSpot-Request-Timestamp", "1693657560000"},
                    {"X-HubSpot-Signature-v3", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="}};
  const auto verdict = verify(vector);
  EXPECT_EQ(verdict.decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(verdict.delivery_id, "");                    // No JSON: the hash of the body.
  EXPECT_EQ(source_.parse(vector).status, GANTRY_DATA);  // A dead letter, not a crash.
}

TEST_F(HubspotVerify, ThePublishedV2VectorIsAccepted) {
  test::Request vector = request("");
  vector.method = "GET";
  vector.headers = {
      {"X-HubSpot-Signature-Version", "v2"},
      {"X-HubSpot-Signature", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"}};
  EXPECT_EQ(verify(vector).decision, GANTRY_VERDICT_ACCEPT);
  vector.method = "POST";
  expect_rejected(vector, "signature_mismatch");
}

TEST_F(HubspotVerify, ThePublishedV1VectorIsAccepted) {
  test::Request vector = request(
      R"([{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}])");
  vector.headers = {
      {"X-HubSpot-Signature-Version", "v1"},
      {"X-HubSpot-Signature", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"}};
  EXPECT_EQ(verify(vector).decision, GANTRY_VERDICT_ACCEPT);
  vector.body += ' ';
  expect_rejected(vector, "signature_mismatch");
}

TEST_F(HubspotVerify, TheFilesOfHubspotsOwnTestsAreAcceptedAndBecomeDeadLetters) {
  if (inputs_dir().empty()) return;
  const auto read = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  for (const std::string name : {"hubspot_v1_body_not_json", "hubspot_v2_post_json"}) {
    const std::string base = inputs_dir() + "/webhooks/" + name;
    const json facts = json::parse(read(base + ".json"));
    test::Request vector = request(read(base + ".body"));
    vector.method = facts["method"];
    for (const auto& [header, value] : facts["headers"].items()) {
      vector.headers.emplace_back(header, value);
    }
    plugin_.world().secrets["/client_secret"] = {facts["secret"].get<std::string>()};
    EXPECT_EQ(verify(vector).decision, GANTRY_VERDICT_ACCEPT) << name;
    const auto output = source_.parse(vector);
    EXPECT_EQ(output.status, GANTRY_DATA) << name;
    EXPECT_TRUE(output.records.empty());
  }
}

TEST_F(HubspotVerify, TheWindowOfV3IsFiveMinutesInMilliseconds) {
  EXPECT_EQ(verify(signed_v3(kDealChange, kUrl, kNowMs - 300'000)).decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(verify(signed_v3(kDealChange, kUrl, kNowMs + 300'000)).decision, GANTRY_VERDICT_ACCEPT);
  expect_rejected(signed_v3(kDealChange, kUrl, kNowMs - 300'001), "stale");
  expect_rejected(signed_v3(kDealChange, kUrl, kNowMs + 300'001), "future");
  expect_rejected(signed_v3(kDealChange, kUrl, kNowMs / 1000), "stale");
}

TEST_F(HubspotVerify, APlusThatAProxyMadeABlankIsMended) {
  // Signatures with a '+' in the middle, and with one at the front, which a proxy's trim removes.
  int middle = 0;
  int front = 0;
  for (std::int64_t ms = kNowMs; ms < kNowMs + 4000; ++ms) {
    test::Request request = signed_v3(kDealChange, kUrl, ms);
    std::string& signature = header(request, "X-HubSpot-Signature-v3");
    if (signature.find('+') == std::string::npos) continue;
    (signature[0] == '+' ? front : middle) += 1;
    std::replace(signature.begin(), signature.end(), '+', ' ');
    EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT) << ms;
  }
  EXPECT_GT(middle, 0);
  EXPECT_GT(front, 0);
}

TEST_F(HubspotVerify, TheConfiguredAddressIsSignedAndNotTheHostHeader) {
  test::Request request = signed_v3(kDealChange);
  request.target = "/internal/hubspot";
  request.headers.push_back({"Host", "10.0.0.7"});
  EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT);
  expect_rejected(signed_v3(kDealChange, "https://10.0.0.7/internal/hubspot"),
                  "signature_mismatch");
}

TEST_F(HubspotVerify, TheRequestsQueryBelongsToTheAddress) {
  test::Request request = signed_v3(kDealChange, std::string(kUrl) + "?tenant=7");
  request.target = "/webhooks/test?tenant=7";
  EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT);
}

TEST_F(HubspotVerify, AnEncodedAddressIsAcceptedAsSentAndAsDecoded) {
  for (const auto* query : {"?a=%3A%2F", "?a=:/"}) {
    test::Request request = signed_v3(kDealChange, std::string(kUrl) + query);
    request.target = "/webhooks/test?a=%3A%2F";
    EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT) << query;
  }
  test::Request request = signed_v3(kDealChange, std::string(kUrl) + "?a= ");
  request.target = "/webhooks/test?a=%20";  // Not one of those that HubSpot decodes.
  expect_rejected(request, "signature_mismatch");
}

TEST_F(HubspotVerify, WhereV3IsSentItDecides) {
  test::Request request = signed_v1(kDealChange);
  EXPECT_EQ(verify(request).decision, GANTRY_VERDICT_ACCEPT);
  for (const auto& [name, value] : signed_v3(kDealChange, kUrl, kNowMs - 400'000).headers) {
    request.headers.emplace_back(name, value);
  }
  expect_rejected(request, "stale");
}

TEST_F(HubspotVerify, V1IsRefusedUnlessItIsConfigured) {
  const test::Source source(
      plugin_, R"({"client_secret":"env:S","public_url":"https://www.example.com/webhook_uri"})");
  EXPECT_EQ(source.verify(signed_v3(kDealChange)).decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(source.verify(signed_v1(kDealChange)).decision, GANTRY_VERDICT_REJECT);
  const test::Source second(
      plugin_,
      R"({"client_secret":"env:S","public_url":"https://www.example.com/webhook_uri","signatures":["v3","v2"]})");
  EXPECT_EQ(second.verify(signed_v1(kDealChange)).reason, "version_refused");
}

TEST_F(HubspotVerify, WithoutAnAddressV3CannotBeChecked) {
  const test::Source source(plugin_, R"({"client_secret":"env:S"})");
  EXPECT_EQ(source.verify(signed_v3(kDealChange)).reason, "public_url_missing");
}

TEST_F(HubspotVerify, MissingRepeatedAndMalformedHeadersAreRejected) {
  test::Request none = request(kDealChange);
  expect_rejected(none, "signature_missing");
  test::Request no_version = signed_v1(kDealChange);
  no_version.headers.erase(no_version.headers.begin());
  expect_rejected(no_version, "version_missing");
  test::Request twice = signed_v3(kDealChange);
  twice.headers.push_back({"x-hubspot-signature-v3", header(twice, "X-HubSpot-Signature-v3")});
  expect_rejected(twice, "signature_repeated");
  test::Request no_time = signed_v3(kDealChange);
  no_time.headers.erase(no_time.headers.begin());
  expect_rejected(no_time, "timestamp_missing");
  for (const auto* bad : {"x", "AAAA", "====", "zz=="}) {
    test::Request malformed = signed_v3(kDealChange);
    header(malformed, "X-HubSpot-Signature-v3") = bad;
    expect_rejected(malformed, "signature_malformed");
  }
  test::Request short_v1 = signed_v1(kDealChange);
  header(short_v1, "X-HubSpot-Signature") = "00ff";
  expect_rejected(short_v1, "signature_malformed");
}

TEST_F(HubspotVerify, BothSecretsOfARotationAreGoodAndNoneIsNot) {
  plugin_.world().secrets["/client_secret"] = {"new-secret", std::string(kSecret)};
  EXPECT_EQ(verify(signed_v3(kDealChange)).decision, GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(verify(signed_v1(kDealChange, "new-secret")).decision, GANTRY_VERDICT_ACCEPT);
  expect_rejected(signed_v1(kDealChange, "other"), "signature_mismatch");
  plugin_.world().secrets["/client_secret"] = {};
  expect_rejected(signed_v1(kDealChange, ""), "secret_missing");
  plugin_.world().secrets["/client_secret"] = {" "};
  expect_rejected(signed_v1(kDealChange, " "), "secret_blank");
}

TEST_F(HubspotVerify, ASignedSampleIsAcceptedInEveryVersion) {
  for (const auto* version : {"v3", "v2", "v1"}) {
    const test::Source source(
        plugin_,
        std::string(
            R"({"client_secret":"env:S","public_url":"https://www.example.com/webhook_uri","signatures":[")") +
            version + "\"]}");
    test::Request sample = request(kDealChange);
    sample.headers = source.sign(sample);
    EXPECT_EQ(source.verify(sample).decision, GANTRY_VERDICT_ACCEPT) << version;
  }
}

TEST_F(HubspotVerify, TheDeliveryIdIsTheSameForEachAttempt) {
  const auto id = verify(signed_v1(kDealChange)).delivery_id;
  // SHA-256 of the event's key and a line end.
  EXPECT_EQ(id, to_hex(sha256("33:25:3816279340:9112:1767225600123:dealstage\n")));
  json again = json::parse(kDealChange);
  again[0]["attemptNumber"] = 3;
  EXPECT_EQ(verify(signed_v1(again.dump())).delivery_id, id);
}

TEST_F(HubspotVerify, AnEventIdThatIsUsedAgainIsAnotherDelivery) {
  const auto id = verify(signed_v1(kDealChange)).delivery_id;
  for (const auto* field :
       {"portalId", "subscriptionId", "objectId", "occurredAt", "propertyName"}) {
    json other = json::parse(kDealChange);
    other[0][field] = 7;
    EXPECT_NE(verify(signed_v1(other.dump())).delivery_id, id) << field;
  }
}

}  // namespace
}  // namespace gantry::hubspot
