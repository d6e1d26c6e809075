#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/frontapp/front_samples.hpp"

namespace gantry::front {
namespace {

constexpr int kReject = GANTRY_VERDICT_REJECT;
constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReply = GANTRY_VERDICT_REPLY;

class FrontVerify : public testing::Test {
 protected:
  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  test::Source source_{plugin_, kConfig};

  test::Verdict verify(const test::Request& request) const { return source_.verify(request); }
  void expect_rejected(const test::Request& request, std::string_view reason) const {
    const auto verdict = verify(request);
    EXPECT_EQ(verdict.status, GANTRY_OK);
    EXPECT_EQ(verdict.decision, kReject);
    EXPECT_EQ(verdict.reason, reason);
    EXPECT_EQ(verdict.delivery_id, "");
    EXPECT_EQ(verdict.reply_status, 0u);
  }
};

TEST_F(FrontVerify, TheApplicationVectorIsAccepted) {
  test::Request request = application(kBodyF);
  header(request, "x-front-signature") = kBodyFApplicationSignature;
  const auto verdict = verify(request);
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "evt_7h2k9q");
  EXPECT_EQ(verdict.reply_status, 0u);
}

TEST_F(FrontVerify, TheRuleVectorIsAccepted) {
  test::Request request = rule(kBodyF);
  header(request, "X-Front-Signature") = kBodyFRuleSignature;
  const auto verdict = verify(request);
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "evt_7h2k9q");
}

TEST_F(FrontVerify, HeaderNamesAreFoundInAnyCase) {
  test::Request request = application(kBodyF);
  request.headers[0].first = "X-FRONT-Request-TIMESTAMP";
  request.headers[1].first = "X-Front-SIGNATURE";
  EXPECT_EQ(verify(request).decision, kAccept);
}

TEST_F(FrontVerify, BlanksAroundAHeaderValueDoNotCount) {
  test::Request request = application(kBodyF);
  for (auto& [name, value] : request.headers) value = " " + value + "\t";
  EXPECT_EQ(verify(request).decision, kAccept);
}

TEST_F(FrontVerify, ARuleBodyIsTheEventAndNamesItself) {
  const auto verdict = verify(rule(R"({"id":"evt_55","type":"inbound","emitted_at":1.5})"));
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "evt_55");
}

TEST_F(FrontVerify, ABodyWithoutAnEventIdLeavesTheIdToTheHost) {
  const auto verdict = verify(rule(R"({"type":"inbound"})"));
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "");
}

TEST_F(FrontVerify, OnlyTheEventsOwnIdNamesTheDelivery) {
  const std::pair<const char*, const char*> bodies[] = {
      {R"({"id":"top","payload":{"id":"evt_1"}})", "evt_1"},
      {R"({"payload":{"target":{"id":"msg_1"},"list":[{"id":"x"}],"id":"evt_1","z":{"id":"y"}}})",
       "evt_1"},
      {R"({"authorization":{"id":"cmp_1"},"id":"top"})", ""},
      {R"({"payload":[{"id":"x"}],"id":"top"})", ""},
      {R"({"payload":null,"id":"evt_1"})", "evt_1"},
      {R"({"payload":{"id":"evt_1"},"payload":{}})", ""},
      {R"({"id":"evt_1","id":"evt_2"})", "evt_2"},
      {R"({"id":{"id":"x"}})", ""},
      {R"([{"id":"x"}])", ""},
      {R"({"id":90071992547409931234})", "90071992547409931234"},
      {R"({"id":42})", "42"}};
  for (const auto& [body, id] : bodies) EXPECT_EQ(verify(rule(body)).delivery_id, id) << body;
}

TEST_F(FrontVerify, AnIdTooLongForADeliveryIsNotUsed) {
  const auto body = R"({"type":"inbound","id":")" + std::string(257, 'x') + R"("})";
  EXPECT_EQ(verify(rule(body)).delivery_id, "");
  EXPECT_EQ(verify(rule(body)).decision, kAccept);
}

TEST_F(FrontVerify, ASignedBodyThatIsNoJsonIsAcceptedUnderItsHash) {
  for (const std::string& body :
       {std::string("{'a':1}"), std::string(), std::string("\xff\xfe\x00", 3),
        std::string("{\"id\":\"evt_1\",\"note\":\"\xff\xfe\"}"),
        std::string("{\"id\":\"evt_1\",\"cut\":")}) {
    const auto verdict = verify(application(body));
    EXPECT_EQ(verdict.decision, kAccept) << body;
    EXPECT_EQ(verdict.delivery_id, "") << body;
  }
}

TEST_F(FrontVerify, NoSignatureIsRejected) {
  test::Request request = application(kBodyF);
  request.headers.pop_back();
  expect_rejected(request, "signature_missing");
}

TEST_F(FrontVerify, TwoSignaturesAreRejectedEvenIfBothAreRight) {
  test::Request request = application(kBodyF);
  request.headers.push_back({"X-Front-Signature", header(request, "x-front-signature")});
  expect_rejected(request, "signature_repeated");
}

TEST_F(FrontVerify, ABlankSignatureIsRejected) {
  for (const auto* blank : {"", "   ", "\t"}) {
    test::Request request = application(kBodyF);
    header(request, "x-front-signature") = blank;
    expect_rejected(request, "signature_blank");
  }
}

TEST_F(FrontVerify, ASignatureThatIsNoBase64IsRejected) {
  for (const auto* garbage : {"!!!!", "abc", "3tO2ZXZeErZe+UA4uhejbvU8KoSXGf8A4URrYnIfmlo",
                              "3tO2ZXZeErZe-UA4uhejbvU8KoSXGf8A4URrYnIfmlo=", "====", "a b="}) {
    test::Request request = application(kBodyF);
    header(request, "x-front-signature") = garbage;
    expect_rejected(request, "signature_not_base64");
  }
}

TEST_F(FrontVerify, ASignatureOfAnotherHashIsRejectedByItsLength) {
  test::Request request = application(kBodyF);
  header(request, "x-front-signature") = kBodyFRuleSignature;
  expect_rejected(request, "signature_wrong_length");
  test::Request by_rule = rule(kBodyF);
  header(by_rule, "X-Front-Signature") = kBodyFApplicationSignature;
  expect_rejected(by_rule, "signature_wrong_length");
}

TEST_F(FrontVerify, AnyFlippedBitOfTheSignatureIsRejected) {
  const std::string good = *from_base64(kBodyFApplicationSignature);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    test::Request request = application(kBodyF);
    header(request, "x-front-signature") = to_base64(bad);
    expect_rejected(request, "signature_mismatch");
  }
}

TEST_F(FrontVerify, AnyFlippedBitOfTheBodyIsRejected) {
  for (std::size_t bit = 0; bit < kBodyF.size() * 8; ++bit) {
    test::Request request = application(kBodyF);
    request.body[bit / 8] = static_cast<char>(request.body[bit / 8] ^ (1 << bit % 8));
    expect_rejected(request, "signature_mismatch");
  }
}

TEST_F(FrontVerify, AnotherTimestampThanTheSignedOneIsRejected) {
  test::Request request = application(kBodyF);
  header(request, "x-front-request-timestamp") = std::to_string(kNowMs + 1);
  expect_rejected(request, "signature_mismatch");
}

TEST_F(FrontVerify, TheReplayWindowReachesFiveMinutesBothWaysAndNotAMillisecondMore) {
  EXPECT_EQ(verify(application(kBodyF, kKey, kNowMs - 300'000)).decision, kAccept);
  EXPECT_EQ(verify(application(kBodyF, kKey, kNowMs + 300'000)).decision, kAccept);
  expect_rejected(application(kBodyF, kKey, kNowMs - 300'001), "stale");
  expect_rejected(application(kBodyF, kKey, kNowMs + 300'001), "future");
}

// The trap of adcontextprotocol/adcp#440: seconds compared with milliseconds.
TEST_F(FrontVerify, MillisecondsAreComparedWithMilliseconds) {
  test::Request request = application(kBodyF, kKey, 1'767'267'099'257);
  request.received_at_ns = 1'767'267'104'803 * 1'000'000;
  EXPECT_EQ(verify(request).decision, kAccept);
  test::Request seconds = application(kBodyF, kKey, 1'767'267'099);
  seconds.received_at_ns = request.received_at_ns;
  expect_rejected(seconds, "stale");
}

TEST_F(FrontVerify, ATimestampThatIsNoNumberIsRejected) {
  for (const auto* bad : {"now", "1767225600000x", "-1767225600000", "1767225600000.5",
                          "17672256000000000", "99999999999999999999", "+1767225600000"}) {
    test::Request request = application(kBodyF);
    header(request, "x-front-request-timestamp") = bad;
    expect_rejected(request, "timestamp_malformed");
  }
  test::Request blank = application(kBodyF);
  header(blank, "x-front-request-timestamp") = "";
  expect_rejected(blank, "timestamp_blank");
}

TEST_F(FrontVerify, TwoTimestampsAreRejected) {
  test::Request request = application(kBodyF);
  request.headers.push_back(request.headers[0]);
  expect_rejected(request, "timestamp_repeated");
}

TEST_F(FrontVerify, WithoutATimestampTheRuleSecretDecides) {
  test::Request request = application(kBodyF);
  request.headers.erase(request.headers.begin());
  expect_rejected(request, "signature_wrong_length");
}

TEST_F(FrontVerify, AnApplicationSourceTakesNoRuleWebhook) {
  const test::Source source(plugin_, R"({"signing_key":"env:K","mode":"application"})");
  const auto verdict = source.verify(rule(kBodyF));
  EXPECT_EQ(verdict.decision, kReject);
  EXPECT_EQ(verdict.reason, "timestamp_missing");
}

TEST_F(FrontVerify, ARuleSourceIgnoresTheTimestamp) {
  const test::Source source(plugin_, R"({"rule_secret":"env:K","mode":"rule"})");
  test::Request request = rule(kBodyF);
  request.headers.push_back({"X-Front-Request-Timestamp", "1"});
  EXPECT_EQ(source.verify(request).decision, kAccept);
  EXPECT_EQ(source.verify(application(kBodyF)).reason, "signature_wrong_length");
}

TEST_F(FrontVerify, EverySecretOfARotationIsTried) {
  world_.secrets["/signing_key"] = {"the-new-signing-key", std::string(kKey)};
  EXPECT_EQ(verify(application(kBodyF)).decision, kAccept);
  EXPECT_EQ(verify(application(kBodyF, "the-new-signing-key")).decision, kAccept);
  expect_rejected(application(kBodyF, "a-retired-signing-key"), "signature_mismatch");
  world_.secrets["/rule_secret"] = {"the-new-rule-secret", std::string(kRuleSecret)};
  EXPECT_EQ(verify(rule(kBodyF)).decision, kAccept);
}

TEST_F(FrontVerify, WithoutASecretNothingIsAccepted) {
  world_.secrets.clear();
  expect_rejected(application(kBodyF), "secret_missing");
  expect_rejected(rule(kBodyF), "secret_missing");
}

TEST_F(FrontVerify, ABlankSecretSignsNothing) {
  world_.secrets["/signing_key"] = {"", " \n"};
  expect_rejected(application(kBodyF, ""), "secret_blank");
  expect_rejected(application(kBodyF, " \n"), "secret_blank");
  world_.secrets["/signing_key"] = {"", std::string(kKey)};
  EXPECT_EQ(verify(application(kBodyF)).decision, kAccept);
}

TEST_F(FrontVerify, ASecretLongerThanAnyBufferIsUsedWhole) {
  const std::string key(5000, 'k');
  world_.secrets["/signing_key"] = {key};
  EXPECT_EQ(verify(application(kBodyF, key)).decision, kAccept);
}

// The trap of razorpay/razorpay-dot-net#156: an ASCII copy of the body is hashed.
TEST_F(FrontVerify, ABodyInUtf8IsHashedByItsBytes) {
  const std::string body = R"({"id":"evt_u","customer":"Café Zoë ‹ മലയാളം 東京"})";
  EXPECT_EQ(verify(rule(body)).decision, kAccept);
  test::Request ascii = rule(body);
  header(ascii, "X-Front-Signature") =
      to_base64(hmac_sha1(kRuleSecret, R"({"id":"evt_u","customer":"Caf? Zo? ? ?????? ??"})"));
  expect_rejected(ascii, "signature_mismatch");
}

// The trap of stripe/stripe-node#341: JSON is written again before it is hashed.
TEST_F(FrontVerify, TheBodyIsHashedAsSentAndNotAsWrittenAgain) {
  const std::string body =
      "{\n  \"id\": \"evt_1\",\n  \"amount\": 10.00,\n  \"note\": \"a\\/b\"\n}";
  EXPECT_EQ(verify(rule(body)).decision, kAccept);
  test::Request rewritten = rule(body);
  header(rewritten, "X-Front-Signature") =
      to_base64(hmac_sha1(kRuleSecret, R"({"id":"evt_1","amount":10.0,"note":"a/b"})"));
  expect_rejected(rewritten, "signature_mismatch");
}

TEST_F(FrontVerify, TheRightSignatureIsInNoAnswer) {
  test::Request request = application(kBodyF, "another-key");
  const auto verdict = verify(request);
  EXPECT_EQ(verdict.reason.find(kBodyFApplicationSignature), std::string::npos);
  for (const auto& line : world_.log) {
    EXPECT_EQ(line.find(kBodyFApplicationSignature), std::string::npos);
  }
}

TEST_F(FrontVerify, ARequestWithoutHeadersIsRejected) {
  test::Request request = application(kBodyF);
  request.headers.clear();
  expect_rejected(request, "signature_missing");
}

class FrontChallenge : public FrontVerify {
 protected:
  static constexpr std::string_view kSync = R"({"type":"sync","authorization":{"id":"cmp_9x2"}})";
  static test::Request challenge(std::string_view value, std::string_view body = kSync) {
    test::Request request = application(body);
    request.headers.push_back({"x-front-challenge", std::string(value)});
    return request;
  }
};

TEST_F(FrontChallenge, ASignedChallengeIsAnsweredAndNotStored) {
  const auto verdict = verify(challenge("a8K-\"quoted\""));
  EXPECT_EQ(verdict.decision, kReply);
  EXPECT_EQ(verdict.reply_status, 200u);
  EXPECT_EQ(verdict.reply_type, "application/json");
  EXPECT_EQ(nlohmann::json::parse(verdict.reply_body),
            nlohmann::json({{"challenge", "a8K-\"quoted\""}}));
}

TEST_F(FrontChallenge, TheFormOfTheAnswerIsConfigured) {
  const test::Source text(plugin_, R"({"signing_key":"env:K","challenge":"text"})");
  EXPECT_EQ(text.verify(challenge("a+b/c=")).reply_type, "text/plain");
  EXPECT_EQ(text.verify(challenge("a+b/c=")).reply_body, "a+b/c=");
  const test::Source form(plugin_, R"({"signing_key":"env:K","challenge":"form"})");
  EXPECT_EQ(form.verify(challenge("a+b/c=")).reply_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(form.verify(challenge("a+b/c=")).reply_body, "challenge=a%2Bb%2Fc%3D");
}

TEST_F(FrontChallenge, AnUnsignedChallengeIsNotEchoed) {
  test::Request request = challenge("echo-me");
  header(request, "x-front-signature") = kBodyFApplicationSignature;
  expect_rejected(request, "signature_mismatch");
  request.headers.erase(request.headers.begin() + 1);
  expect_rejected(request, "signature_missing");
}

TEST_F(FrontChallenge, AStaleChallengeIsNotEchoed) {
  test::Request request = application(kSync, kKey, kNowMs - 300'001);
  request.headers.push_back({"x-front-challenge", "echo-me"});
  expect_rejected(request, "stale");
}

TEST_F(FrontChallenge, AChallengeThatIsNoPlainTokenIsRejected) {
  expect_rejected(challenge(""), "challenge_malformed");
  expect_rejected(challenge("a\x01z"), "challenge_malformed");
  expect_rejected(challenge("caf\xc3\xa9"), "challenge_malformed");
  expect_rejected(challenge(std::string(1025, 'c')), "challenge_malformed");
}

TEST_F(FrontChallenge, TwoChallengesAreRejected) {
  test::Request request = challenge("one");
  request.headers.push_back({"x-front-challenge", "two"});
  expect_rejected(request, "challenge_repeated");
}

TEST_F(FrontChallenge, AnEventThatComesWithAChallengeIsKeptAndAnswered) {
  const auto verdict = verify(challenge("both", kBodyF));
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "evt_7h2k9q");
  EXPECT_EQ(verdict.reply_status, 200u);
  EXPECT_EQ(verdict.reply_body, R"({"challenge":"both"})");
}

TEST_F(FrontChallenge, ARuleWebhookHasNoHandshake) {
  test::Request request = rule(kSync);
  request.headers.push_back({"x-front-challenge", "echo-me"});
  const auto verdict = verify(request);
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.reply_status, 0u);
}

class FrontSign : public FrontVerify {};

TEST_F(FrontSign, AnApplicationSourceSignsLikeTheVector) {
  test::Request request;
  request.body = kBodyF;
  EXPECT_EQ(source_.sign(request),
            (test::Pairs{{"X-Front-Request-Timestamp", "1767225600000"},
                         {"X-Front-Signature", std::string(kBodyFApplicationSignature)}}));
}

TEST_F(FrontSign, ARuleSourceSignsLikeTheVector) {
  const test::Source source(plugin_, R"({"rule_secret":"env:K"})");
  test::Request request;
  request.body = kBodyF;
  EXPECT_EQ(source.sign(request),
            (test::Pairs{{"X-Front-Signature", std::string(kBodyFRuleSignature)}}));
}

TEST_F(FrontSign, WhatItSignsItAccepts) {
  world_.secrets["/signing_key"] = {"the-new-signing-key", std::string(kKey)};
  test::Request request;
  request.body = kInbound;
  request.received_at_ns = world_.now_ns;
  request.headers = source_.sign(request);
  EXPECT_EQ(verify(request).decision, kAccept);
}

TEST_F(FrontSign, WithoutASecretItSignsNothing) {
  world_.secrets.clear();
  test::Request request;
  EXPECT_TRUE(source_.sign(request).empty());
}

}  // namespace
}  // namespace gantry::front
