#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/plaid/plaid_samples.hpp"

namespace gantry::plaid {
namespace {

using nlohmann::json;

constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReject = GANTRY_VERDICT_REJECT;

class PlaidVerify : public testing::Test {
 protected:
  PlaidVerify() {
    world_.http = [this](const test::HttpExchange& asked) {
      const bool wants_key = asked.url.ends_with("/webhook_verification_key/get");
      if (!wants_key) return page({.next_cursor = "c"});
      ++lookups_;
      asked_kids_.push_back(json::parse(asked.body)["key_id"]);
      return key_answer_;
    };
    key_answer_.body = jwk();
  }
  std::string reason(const test::Request& request) const { return source_.verify(request).reason; }
  /// The first webhook makes the key wanted, the poll fetches it.
  void learn_key() {
    reason(webhook(kWake));
    source_.poll("");
  }

  test::World& world_ = world();
  test::HttpAnswer key_answer_;
  int lookups_ = 0;
  std::vector<std::string> asked_kids_;
  test::Source source_{plugin(), kConfig};
};

TEST_F(PlaidVerify, AnUnknownKeyIsRefusedUntilThePollerFetchedIt) {
  EXPECT_EQ(reason(webhook(kWake)), "key_unknown");
  EXPECT_EQ(lookups_, 0);  // verify calls nobody.
  EXPECT_EQ(source_.poll("").status, GANTRY_OK);
  EXPECT_EQ(asked_kids_, std::vector<std::string>{std::string(kKid)});
  const auto verdict = source_.verify(webhook(kWake));
  EXPECT_EQ(verdict.decision, kAccept) << verdict.reason;
  EXPECT_EQ(verdict.reply_status, 200u);  // Plaid counts 202 as failed.
}

TEST_F(PlaidVerify, TwoWebhooksOfOneBodyAreTwoDeliveries) {
  learn_key();
  const auto first = source_.verify(webhook(kWake));
  const auto second = source_.verify(webhook(kWake));
  EXPECT_EQ(first.delivery_id.size(), 64u);
  EXPECT_NE(first.delivery_id, second.delivery_id);
  const auto request = webhook(kWake);
  EXPECT_EQ(source_.verify(request).delivery_id, source_.verify(request).delivery_id);
}

TEST_F(PlaidVerify, OnlyEs256Passes) {
  learn_key();
  for (const auto* alg : {"none", "HS256", "RS256", "ES384", "es256", ""}) {
    const std::string header =
        R"({"alg":")" + std::string(alg) + R"(","kid":")" + std::string(kKid) + R"("})";
    EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds, header))), "algorithm_refused");
  }
  // HS256 with the public key as the secret: everybody knows it.
  const std::string head = base64url(R"({"alg":"HS256","kid":")" + std::string(kKid) + R"("})");
  const std::string claims =
      base64url(R"({"iat":)" + std::to_string(kNowSeconds) + R"(,"request_body_sha256":")" +
                to_hex(sha256(kWake)) + R"("})");
  const std::string part = head + '.' + claims;
  for (const auto& secret : {jwk(), key().x() + key().y(), json::parse(jwk())["key"].dump()}) {
    EXPECT_EQ(reason(webhook(kWake, part + '.' + base64url(hmac_sha256(secret, part)))),
              "algorithm_refused");
  }
  const auto alg_of_another_type = R"({"alg":256,"kid":")" + std::string(kKid) + R"("})";
  EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds, alg_of_another_type))),
            "token_malformed");
}

TEST_F(PlaidVerify, TheBugsAlgorithmsInTurn) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;
  learn_key();
  std::ifstream file(std::string(inputs) + "/bugs/32_plaid_jwt_algorithms.json");
  const json bug = json::parse(file);
  for (const std::string alg : bug["send_header_alg_in_turn"]) {
    const std::string header = R"({"alg":")" + alg + R"(","kid":")" + std::string(kKid) + R"("})";
    const auto verdict = source_.verify(webhook(kWake, token(kWake, kNowSeconds, header)));
    EXPECT_EQ(verdict.decision, alg == "ES256" ? kAccept : kReject) << alg;
  }
}

TEST_F(PlaidVerify, TheReplayWindowIsFiveMinutesBothWays) {
  learn_key();
  EXPECT_EQ(source_.verify(webhook(kWake, token(kWake, kNowSeconds - 300))).decision, kAccept);
  EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds - 301))), "stale");
  EXPECT_EQ(source_.verify(webhook(kWake, token(kWake, kNowSeconds + 300))).decision, kAccept);
  EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds + 301))), "future");
}

TEST_F(PlaidVerify, EveryBitOfTheBodyCounts) {
  learn_key();
  const std::string jwt = token(kWake);
  std::string body(kWake);
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>(body[i] ^ 1);
    EXPECT_EQ(reason(webhook(body, jwt)), "body_mismatch") << i;
    body[i] = static_cast<char>(body[i] ^ 1);
  }
  // Written anew it is another body: two blanks of indentation are part of the hash.
  EXPECT_EQ(reason(webhook(json::parse(kWake).dump(), jwt)), "body_mismatch");
}

TEST_F(PlaidVerify, ATokenThatIsChangedOrCutAnywhereIsRefused) {
  learn_key();
  const std::string jwt = token(kWake);
  for (std::size_t i = 0; i < jwt.size(); ++i) {
    std::string changed = jwt;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(source_.verify(webhook(kWake, changed)).decision, kReject) << i;
    EXPECT_EQ(source_.verify(webhook(kWake, jwt.substr(0, i))).decision, kReject) << i;
  }
  EXPECT_EQ(reason(webhook(kWake, jwt + "A")), "signature_wrong_length");
  EXPECT_EQ(reason(webhook(kWake, jwt + ".A")), "token_malformed");
  EXPECT_EQ(reason(webhook(kWake, jwt + "=")), "token_malformed");
}

TEST_F(PlaidVerify, TheHeaderIsWantedOnceAndNotBlank) {
  test::Request request = webhook(kWake);
  request.headers.pop_back();
  EXPECT_EQ(reason(request), "token_missing");
  request.headers = {{"Plaid-Verification", " "}};
  EXPECT_EQ(reason(request), "token_blank");
  const std::string jwt = token(kWake);
  request.headers = {{"Plaid-Verification", jwt}, {"plaid-verification", jwt}};
  EXPECT_EQ(reason(request), "token_repeated");
}

TEST_F(PlaidVerify, AnotherKeyUnderTheSameIdDoesNotVerify) {
  learn_key();
  const test::Es256Key stranger;
  EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds, "", stranger))), "signature_mismatch");
}

TEST_F(PlaidVerify, ACriticalExtensionIsNotOverlooked) {
  learn_key();
  const std::string header =
      R"({"alg":"ES256","crit":["b64"],"b64":false,"kid":")" + std::string(kKid) + R"("})";
  EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds, header))), "token_malformed");
}

TEST_F(PlaidVerify, AnExpiredKeyIsRefusedAndOneThatWillExpireIsNot) {
  key_answer_.body = jwk(kKid, std::to_string(kNowSeconds + 60));
  learn_key();
  EXPECT_EQ(source_.verify(webhook(kWake)).decision, kAccept);
  auto later = webhook(kWake, token(kWake, kNowSeconds + 60));
  later.received_at_ns = (kNowSeconds + 60) * 1'000'000'000;
  EXPECT_EQ(reason(later), "key_expired");
}

TEST_F(PlaidVerify, AKnownKeyIsLookedAtAgainAfterADay) {
  learn_key();
  EXPECT_EQ(lookups_, 1);
  world_.now_ns += 23 * 3600 * 1'000'000'000LL;
  source_.poll("");
  EXPECT_EQ(lookups_, 1);
  key_answer_.body = jwk(kKid, std::to_string(kNowSeconds + 60));
  world_.now_ns += 2 * 3600 * 1'000'000'000LL;
  source_.poll("");
  EXPECT_EQ(lookups_, 2);
  auto later = webhook(kWake, token(kWake, kNowSeconds + 90'000));
  later.received_at_ns = (kNowSeconds + 90'000) * 1'000'000'000;
  EXPECT_EQ(reason(later), "key_expired");
}

TEST_F(PlaidVerify, AnUnknownKidIsLookedUpOnceAnHour) {
  key_answer_ = failed("INVALID_WEBHOOK_VERIFICATION_KEY_ID", "INVALID_INPUT");
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(reason(webhook(kWake)), "key_unknown");
    source_.poll("");
  }
  EXPECT_EQ(lookups_, 1);
  world_.now_ns += 3601 * 1'000'000'000LL;
  source_.poll("");  // Forgets that it is unknown.
  reason(webhook(kWake));
  source_.poll("");
  EXPECT_EQ(lookups_, 2);
}

TEST_F(PlaidVerify, TheRealAnswerForAnUnknownKidIsANo) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;
  std::ifstream file(std::string(inputs) + "/plaid/error_400_unknown_key_id.json");
  const json fixture = json::parse(file);
  key_answer_.http_status = fixture["http_status"];
  key_answer_.body = fixture["body"].dump();
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(source_.verify(webhook(kWake)).decision, kReject);
    source_.poll("");
  }
  EXPECT_EQ(lookups_, 1);
}

TEST_F(PlaidVerify, AFloodOfKidsCausesAFewLookups) {
  key_answer_ = failed("INVALID_WEBHOOK_VERIFICATION_KEY_ID", "INVALID_INPUT");
  for (int i = 0; i < 1000; ++i) {
    const std::string header = R"({"alg":"ES256","kid":"flood-)" + std::to_string(i) + R"("})";
    EXPECT_EQ(reason(webhook(kWake, token(kWake, kNowSeconds, header))), "key_unknown");
  }
  source_.poll("");
  EXPECT_EQ(lookups_, 8);
  for (const auto* kid : {"", "../../x", "a b", "\\u0000"}) {  // No kid of Plaid's.
    reason(webhook(kWake, token(kWake, kNowSeconds,
                                R"({"alg":"ES256","kid":")" + std::string(kid) + R"("})")));
  }
  source_.poll("");
  EXPECT_EQ(lookups_, 8);
}

TEST_F(PlaidVerify, AKeyThatIsNotWhatWasAskedForIsNotTaken) {
  json good = json::parse(jwk());
  const std::pair<const char*, json> changes[] = {
      {"kid", "another"}, {"alg", "RS256"}, {"crv", "P-384"}, {"kty", "RSA"},
      {"use", "enc"},     {"x", "AAAA"},    {"y", nullptr},   {"expired_at", "soon"}};
  for (const auto& [field, value] : changes) {
    const test::Source fresh(plugin(), kConfig);
    json changed = good;
    changed["key"][field] = value;
    world_.kv.clear();
    key_answer_.body = changed.dump();
    fresh.verify(webhook(kWake));
    fresh.poll("");
    EXPECT_EQ(fresh.verify(webhook(kWake)).reason, "key_unknown") << field;
  }
}

TEST_F(PlaidVerify, KeysSurviveARestart) {
  learn_key();
  const test::Source restarted(plugin(), kConfig);
  EXPECT_EQ(restarted.verify(webhook(kWake)).decision, kAccept);
  world_.kv["webhook_keys"].first = "garbage";
  const test::Source broken(plugin(), kConfig);
  EXPECT_EQ(broken.status, GANTRY_OK);
  EXPECT_EQ(broken.verify(webhook(kWake)).reason, "key_unknown");
}

TEST_F(PlaidVerify, AKeyThatCannotBeFetchedDoesNotKeepThePollFromGoingOn) {
  key_answer_ = failed("INTERNAL_SERVER_ERROR", "API_ERROR", "ill", 500);
  reason(webhook(kWake));
  const auto output = source_.poll("");
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(output.checkpoints.size(), 1u);
  key_answer_ = {};
  key_answer_.body = jwk();
  source_.poll("");
  EXPECT_EQ(source_.verify(webhook(kWake)).decision, kAccept);
}

TEST_F(PlaidVerify, TheVendorsExampleKeyLoads) {
  const char* inputs = std::getenv("GANTRY_INPUTS_DIR");
  if (inputs == nullptr) return;
  std::ifstream file(std::string(inputs) + "/webhooks/plaid_jwk_response.json");
  std::ostringstream text;
  text << file.rdbuf();
  key_answer_.body = text.str();
  const std::string header = R"({"alg":"ES256","kid":"bfbd5111-8e33-4643-8ced-b2e642a72f3c"})";
  const auto request = webhook(kWake, token(kWake, kNowSeconds, header));
  EXPECT_EQ(reason(request), "key_unknown");
  source_.poll("");
  // The key is there and usable; the signature is of ours, not of Plaid's.
  EXPECT_EQ(reason(request), "signature_mismatch");
}

TEST_F(PlaidVerify, AWakingWebhookGivesNoRecord) {
  for (const auto* code : {"SYNC_UPDATES_AVAILABLE", "INITIAL_UPDATE", "HISTORICAL_UPDATE",
                           "DEFAULT_UPDATE", "TRANSACTIONS_REMOVED"}) {
    const auto output = source_.parse(webhook(R"({"webhook_type":"TRANSACTIONS","webhook_code":")" +
                                              std::string(code) + R"("})"));
    EXPECT_EQ(output.status, GANTRY_OK);
    EXPECT_TRUE(output.records.empty());
  }
}

TEST_F(PlaidVerify, AnItemsErrorBecomesThisRecord) {
  const std::string body =
      R"({"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"it_1","environment":"production",)"
      R"("error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED","error_message":"the login details changed"},"new":1.50})";
  const auto request = webhook(body);
  const auto output = source_.parse(request);
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  EXPECT_EQ(record.kind, "bank_item_event");
  EXPECT_EQ(record.key, to_hex(sha256(request.headers[1].second)));
  EXPECT_EQ(record.title, "ITEM ERROR");
  EXPECT_EQ(record.text,
            "Plaid ITEM ERROR for item operating: ITEM_LOGIN_REQUIRED: the login details changed; "
            "its user must act");
  EXPECT_EQ(record.raw, body);
  EXPECT_EQ(record.occurred_at_ns, kNowNs);
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "item":"operating","item_id":"it_1","webhook_type":"ITEM","webhook_code":"ERROR",
    "environment":"production","error_code":"ITEM_LOGIN_REQUIRED","error_type":"ITEM_ERROR",
    "extra":{"error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED",
      "error_message":"the login details changed"},"new":1.50}})"));
}

TEST_F(PlaidVerify, EveryOtherWebhookIsKeptToo) {
  for (const auto* code : {"PENDING_DISCONNECT", "PENDING_EXPIRATION", "LOGIN_REPAIRED",
                           "NEW_ACCOUNTS_AVAILABLE", "USER_PERMISSION_REVOKED", "NEVER_SEEN"}) {
    const auto output = source_.parse(
        webhook(R"({"webhook_type":"ITEM","webhook_code":")" + std::string(code) + R"("})"));
    ASSERT_EQ(output.records.size(), 1u) << code;
    EXPECT_EQ(json::parse(output.records[0].metadata)["webhook_code"], code);
  }
}

TEST_F(PlaidVerify, ABodyThatIsNoWebhookOfPlaidsIsADeadLetter) {
  const std::string whole(kWake);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto output = source_.parse(webhook(whole.substr(0, size), "t"));
    EXPECT_EQ(output.status, GANTRY_DATA) << size;
    EXPECT_TRUE(output.records.empty());
  }
  for (const auto* body : {"[]", "{}", "7", R"({"webhook_type":"ITEM"})", "\xff"}) {
    EXPECT_EQ(source_.parse(webhook(body, "t")).status, GANTRY_DATA) << body;
  }
}

}  // namespace
}  // namespace gantry::plaid
