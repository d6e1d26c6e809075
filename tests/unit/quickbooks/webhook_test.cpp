#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/quickbooks/quickbooks_samples.hpp"

namespace gantry::quickbooks {
namespace {

using nlohmann::json;

constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReject = GANTRY_VERDICT_REJECT;
constexpr std::string_view kToken = "verifier-token-of-the-app";

test::Request post(std::string_view body, std::string_view token = kToken) {
  test::Request request;
  request.body = body;
  request.received_at_ns = kNowNs;
  request.headers = {{"Intuit-Signature", to_base64(hmac_sha256(token, body))}};
  return request;
}

std::string legacy(std::string_view entities, std::string_view realm = "4620816365") {
  return R"({"eventNotifications":[{"realmId":")" + std::string(realm) +
         R"(","dataChangeEvent":{"entities":[)" + std::string(entities) + "]}}]}";
}
std::string entity(std::string_view name, std::string_view id, std::string_view operation,
                   std::string_view more = "") {
  return R"({"name":")" + std::string(name) + R"(","id":")" + std::string(id) +
         R"(","operation":")" + std::string(operation) +
         R"(","lastUpdated":"2026-01-16T18:00:00Z")" + std::string(more) + "}";
}
std::string cloud(std::string_view type, std::string_view id, std::string_view event = "ce-1") {
  return R"({"specversion":"1.0","id":")" + std::string(event) + R"(","source":"s","type":")" +
         std::string(type) +
         R"(","datacontenttype":"application/json","time":"2026-01-16T18:00:00Z",)" +
         R"("intuitentityid":")" + std::string(id) +
         R"(","intuitaccountid":"4620816365","data":{}})";
}

class QuickBooksWebhook : public testing::Test {
 protected:
  QuickBooksWebhook() {
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
  }
  test::Output parse(std::string_view body, std::initializer_list<test::HttpAnswer> answers = {}) {
    script_.asked.clear();
    script_.answers = answers;
    return source_.parse(post(body));
  }
  static test::HttpAnswer one(std::string_view name, std::string_view id) {
    return answer(R"({")" + std::string(name) + R"(":)" + object(id) + R"(,"time":"t"})");
  }
  test::World& world_ = world();
  Script script_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(QuickBooksWebhook, TheVendorsVectorIsAccepted) {
  world_.secrets["/verifier_token"] = {std::string(kVectorToken)};
  test::Request request = post(kVectorBody);
  request.headers = {{"intuit-signature", std::string(kVectorSignature)}};
  const auto verdict = source_.verify(request);
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.reply_status, 200u);
  EXPECT_EQ(verdict.delivery_id,
            to_hex(sha256("1185883450:Customer:1:create:2015-10-05T14:42:19-0700\n")));
}

TEST_F(QuickBooksWebhook, EveryBitOfBodyAndSignatureCounts) {
  const std::string body = legacy(entity("Invoice", "1", "Update"));
  const test::Request good = post(body);
  ASSERT_EQ(source_.verify(good).decision, kAccept);
  for (std::size_t i = 0; i < body.size(); ++i) {
    test::Request request = good;
    request.body[i] = static_cast<char>(request.body[i] ^ 1);
    EXPECT_EQ(source_.verify(request).reason, "signature_mismatch") << i;
    request.body = body.substr(0, i);
    EXPECT_EQ(source_.verify(request).decision, kReject) << i;
  }
  for (std::size_t i = 0; i < good.headers[0].second.size(); ++i) {
    test::Request request = good;
    char& c = request.headers[0].second[i];
    c = c == 'A' ? 'B' : 'A';
    EXPECT_EQ(source_.verify(request).decision, kReject) << i;
    request.headers[0].second = good.headers[0].second.substr(0, i);
    EXPECT_EQ(source_.verify(request).decision, kReject) << i;
  }
}

TEST_F(QuickBooksWebhook, WhatIsWrongWithTheHeaderOrTheTokenIsOneWord) {
  test::Request request = post("{}");
  const auto signature = request.headers[0];
  request.headers = {};
  EXPECT_EQ(source_.verify(request).reason, "signature_missing");
  request.headers = {signature, signature};
  EXPECT_EQ(source_.verify(request).reason, "signature_repeated");
  request.headers = {{"intuit-signature", " "}};
  EXPECT_EQ(source_.verify(request).reason, "signature_blank");
  request.headers = {{"intuit-signature", "not base64!"}};
  EXPECT_EQ(source_.verify(request).reason, "signature_not_base64");
  request.headers = {{"intuit-signature", "AAAA"}};
  EXPECT_EQ(source_.verify(request).reason, "signature_wrong_length");
  // The client secret is not the verifier token.
  EXPECT_EQ(source_.verify(post("{}", "secret-of-the-app")).reason, "signature_mismatch");
  world_.secrets.erase("/verifier_token");
  EXPECT_EQ(source_.verify(post("{}")).reason, "secret_missing");
  world_.secrets["/verifier_token"] = {"newer-token", std::string(kToken)};
  EXPECT_EQ(source_.verify(post("{}")).decision, kAccept);
}

TEST_F(QuickBooksWebhook, ARedeliveryHasTheSameIdWhateverItsOrderOrSpaces) {
  const auto id = [&](const std::string& body) { return source_.verify(post(body)).delivery_id; };
  const std::string a = entity("Invoice", "1", "Update");
  const std::string b = entity("Invoice", "2", "Update");
  EXPECT_EQ(id(legacy(a + "," + b)), id(legacy(b + " , " + a)));
  EXPECT_NE(id(legacy(a)), id(legacy(b)));
  EXPECT_NE(id(legacy(a)), id(legacy(a, "99")));
  EXPECT_EQ(id("[" + cloud("qbo.invoice.updated.v1", "1", "ce-7") + "]"), to_hex(sha256("ce-7\n")));
  // Signed but unreadable: accepted under the body's hash, so that nothing queues behind it.
  for (const auto* body : {"", "no json", "{}", "[]", "[7]"}) {
    const auto verdict = source_.verify(post(body));
    EXPECT_EQ(verdict.decision, kAccept) << body;
    EXPECT_EQ(verdict.delivery_id, "") << body;
    EXPECT_EQ(verdict.reply_status, 200u);
  }
}

TEST_F(QuickBooksWebhook, SignedSamplesVerify) {
  test::Request request;
  request.body = "[]";
  request.headers = source_.sign(request);
  EXPECT_EQ(source_.verify(request).decision, kAccept);
}

TEST_F(QuickBooksWebhook, BothFormatsFetchWhatTheyName) {
  for (const std::string& body : {legacy(entity("Invoice", "145", "Update")),
                                  "[" + cloud("qbo.invoice.updated.v1", "145") + "]",
                                  cloud("qbo.invoice.updated.v1", "145")}) {
    const auto output = parse(body, {one("Invoice", "145")});
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    ASSERT_EQ(output.records.size(), 1u) << body;
    EXPECT_EQ(output.records[0].kind, "invoice");
    EXPECT_EQ(output.records[0].key, "145");
    EXPECT_EQ(output.records[0].raw, object("145"));
    EXPECT_TRUE(script_.asked.at(0).url.ends_with("/invoice/145?minorversion=75"));
  }
}

TEST_F(QuickBooksWebhook, ADeletionAndAMergeLeaveTombstones) {
  const std::string event = entity("Bill", "12", "Delete");
  const auto gone = parse(legacy(event), {not_found()});
  ASSERT_EQ(gone.records.size(), 1u);
  EXPECT_EQ(gone.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(gone.records[0].raw, event);
  EXPECT_EQ(gone.records[0].version, 1'768'586'400'999'999'999);  // 18:00:00Z

  const auto merged = parse(legacy(entity("Vendor", "3", "Merge", R"(,"deletedId":"4")")),
                            {one("Vendor", "3"), not_found()});
  ASSERT_EQ(merged.records.size(), 2u);
  EXPECT_EQ(merged.records[0].flags, 0u);
  EXPECT_EQ(merged.records[1].key, "4");
  EXPECT_EQ(merged.records[1].flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(QuickBooksWebhook, SeveralEventsOfOneObjectAreFetchedOnce) {
  const auto output =
      parse(legacy(entity("Invoice", "1", "Create") + "," + entity("Invoice", "1", "Update") + "," +
                   entity("Invoice", "1", "Emailed")),
            {one("Invoice", "1")});
  EXPECT_EQ(output.records.size(), 1u);
  EXPECT_EQ(script_.asked.size(), 1u);
}

TEST_F(QuickBooksWebhook, OtherCompaniesAndEntitiesAreLeftToThePoll) {
  const auto output = parse(legacy(entity("Estimate", "1", "Create")));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(parse(legacy(entity("Invoice", "1", "Create"), "77")).status, GANTRY_OK);
  EXPECT_TRUE(script_.asked.empty());
  EXPECT_EQ(world_.log.size(), 2u);

  json config = json::parse(kConfig);
  config["hydrate"] = false;
  const test::Source lazy(plugin(), config.dump());
  EXPECT_TRUE(lazy.parse(post(legacy(entity("Invoice", "1", "Create")))).records.empty());
  EXPECT_TRUE(script_.asked.empty());
}

TEST_F(QuickBooksWebhook, AnEventWithoutIdIsADeadLetterAndTheRestGoesOn) {
  const auto output = parse(
      legacy(R"({"name":"Invoice","operation":"Update"},)" + entity("Invoice", "1", "Update")),
      {one("Invoice", "1")});
  EXPECT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.records.size(), 1u);
}

TEST_F(QuickBooksWebhook, AnIdCannotLeaveItsPlaceInTheAddress) {
  parse(legacy(entity("Invoice", "../../x?y", "Update")), {not_found()});
  EXPECT_NE(script_.asked.at(0).url.find("/invoice/..%2F..%2Fx%3Fy?"), std::string::npos);
}

TEST_F(QuickBooksWebhook, AnAnswerAboutAnotherObjectIsNotTaken) {
  const auto output = parse(legacy(entity("Invoice", "1", "Update")), {one("Invoice", "2")});
  EXPECT_TRUE(output.records.empty());
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.rejected[0].second.code, "OTHER_ID");
}

TEST_F(QuickBooksWebhook, ABodyCutAnywhereIsADeadLetter) {
  const std::string whole = legacy(entity("Invoice", "1", "Update"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse(whole.substr(0, size)).status, GANTRY_DATA) << size;
  }
  for (const auto* body : {"{}", "7", R"([{"id":"x","type":"other"}])", "\xff"}) {
    EXPECT_EQ(parse(body).status, GANTRY_DATA) << body;
  }
}

// --- Configuration and check

TEST(QuickBooksConfig, WhatIsWrongNamesItsField) {
  world();
  const std::tuple<const char*, const char*> rows[] = {
      {"realm_id", "null"},         {"realm_id", R"("12a")"},       {"client_id", "null"},
      {"client_secret", "null"},    {"refresh_token", "null"},      {"environment", R"("test")"},
      {"entities", "[]"},           {"entities", R"(["invoice"])"}, {"entities", R"(["TaxCode"])"},
      {"entities", R"("Invoice")"}, {"page_size", "1001"},          {"minor_version", "74"},
      {"hydrate", R"("yes")"}};
  for (const auto& [field, value] : rows) {
    json config = json::parse(kConfig);
    config[field] = json::parse(value);
    const test::Source source(plugin(), config.dump());
    EXPECT_EQ(source.status, GANTRY_CONFIG) << field << '=' << value;
    EXPECT_EQ(source.error.pointer, "/" + std::string(field)) << value;
  }
  EXPECT_EQ(test::Source(plugin(), "[]").status, GANTRY_CONFIG);
}

TEST_F(QuickBooksWebhook, CheckAsksTheCompanyAndNeverRefreshes) {
  script_.answers = {answer(R"({"CompanyInfo":{"CompanyName":"Haul LLC"}})")};
  auto findings = source_.check();
  ASSERT_EQ(findings.size(), 4u);
  for (const auto& finding : findings) EXPECT_EQ(finding.state, GANTRY_CHECK_PASS) << finding.what;
  EXPECT_EQ(findings[3].what, "company Haul LLC");

  script_.answers = {answer("", 401)};
  EXPECT_EQ(source_.check().back().state, GANTRY_CHECK_FAIL);
  script_.answers = {answer(R"({"Fault":{"Error":[{"code":"003100"}]}})", 403)};
  EXPECT_NE(source_.check().back().what.find("sandbox and production"), std::string::npos);

  script_.asked.clear();
  world_.kv.clear();
  world_.secrets.erase("/verifier_token");
  findings = source_.check();
  EXPECT_EQ(findings[2].state, GANTRY_CHECK_WARN);
  EXPECT_EQ(findings.back().state, GANTRY_CHECK_WARN);
  EXPECT_TRUE(script_.asked.empty());
}

}  // namespace
}  // namespace gantry::quickbooks
