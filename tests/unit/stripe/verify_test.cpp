#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/inputs.hpp"
#include "tests/unit/stripe/stripe_samples.hpp"

namespace gantry::stripe {
namespace {

using nlohmann::json;

constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReject = GANTRY_VERDICT_REJECT;
constexpr int kReply = GANTRY_VERDICT_REPLY;

class StripeVerify : public testing::Test {
 protected:
  test::Verdict verify(const test::Request& request) const { return source_.verify(request); }
  void expect_rejected(const test::Request& request, std::string_view reason) const {
    const auto verdict = verify(request);
    EXPECT_EQ(verdict.decision, kReject);
    EXPECT_EQ(verdict.reason, reason);
    EXPECT_EQ(verdict.delivery_id, "");
  }

  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  test::Source source_{plugin_, kConfig};
};

TEST_F(StripeVerify, TheVectorIsAccepted) {
  const auto verdict = verify(with_header(kSmall, "t=1767225600,v1=" + std::string(kSmallV1)));
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, "evt_1");
  EXPECT_EQ(verdict.reply_status, 0u);
}

TEST_F(StripeVerify, AnyV1OfTheHeaderMayMatch) {
  const std::string good(kSmallV1);
  const std::string bad(64, 'a');
  for (const auto& header :
       {"t=1767225600,v1=" + bad + ",v1=" + good, "t=1767225600,v1=" + good + ",v1=" + bad,
        "v1=" + good + ",t=1767225600", "t=1767225600, v1=nothex ,v1=" + good,
        "t=1767225600,v0=" + bad + ",v1=" + good + ",v9=x"}) {
    EXPECT_EQ(verify(with_header(kSmall, header)).decision, kAccept) << header;
  }
}

TEST_F(StripeVerify, OtherSchemesAloneAreRejected) {
  const std::string good(kSmallV1);
  expect_rejected(with_header(kSmall, "t=1767225600,v0=" + good), "signature_without_v1");
  expect_rejected(with_header(kSmall, "t=1767225600"), "signature_without_v1");
  expect_rejected(with_header(kSmall, "t=1767225600,v1="), "signature_without_v1");
  expect_rejected(with_header(kSmall, "t=1767225600,v1=" + good.substr(2)), "signature_without_v1");
}

TEST_F(StripeVerify, AHeaderWithoutOneTimeIsRejected) {
  const std::string good(kSmallV1);
  expect_rejected(with_header(kSmall, "v1=" + good), "timestamp_malformed");
  expect_rejected(with_header(kSmall, "t=,v1=" + good), "timestamp_malformed");
  expect_rejected(with_header(kSmall, "t=1767225600,t=1767225600,v1=" + good),
                  "timestamp_malformed");
  expect_rejected(with_header(kSmall, "t=17672256x0,v1=" + good), "timestamp_malformed");
  expect_rejected(with_header(kSmall, "t=-1767225600,v1=" + good), "timestamp_malformed");
  expect_rejected(with_header(kSmall, "nonsense"), "signature_malformed");
  expect_rejected(with_header(kSmall, ""), "signature_blank");
}

TEST_F(StripeVerify, AFloodOfSignaturesIsRejectedUncounted) {
  std::string header = "t=1767225600";
  for (int i = 0; i < 40; ++i) header += ",v1=" + std::string(64, 'b');
  expect_rejected(with_header(kSmall, header), "signature_malformed");
}

TEST_F(StripeVerify, NoneOrTwoHeadersAreRejected) {
  test::Request request = signed_request(kSmall);
  request.headers.push_back(request.headers[0]);
  expect_rejected(request, "signature_repeated");
  request.headers.clear();
  expect_rejected(request, "signature_missing");
}

TEST_F(StripeVerify, TheWindowReachesFiveMinutesBothWaysAndNotASecondMore) {
  EXPECT_EQ(verify(signed_request(kSmall, kSecret, kNow - 300)).decision, kAccept);
  EXPECT_EQ(verify(signed_request(kSmall, kSecret, kNow + 300)).decision, kAccept);
  expect_rejected(signed_request(kSmall, kSecret, kNow - 301), "stale");
  expect_rejected(signed_request(kSmall, kSecret, kNow + 301), "future");
  // Milliseconds where seconds belong are no time of 64 bits of nanoseconds.
  expect_rejected(signed_request(kSmall, kSecret, kNow * 1000), "timestamp_malformed");
}

TEST_F(StripeVerify, AnyFlippedBitOfTheBodyIsRejected) {
  for (std::size_t bit = 0; bit < kSmall.size() * 8; ++bit) {
    test::Request request = signed_request(kSmall);
    request.body[bit / 8] = static_cast<char>(request.body[bit / 8] ^ (1 << bit % 8));
    expect_rejected(request, "signature_mismatch");
  }
}

TEST_F(StripeVerify, ABodyCutAnywhereIsRejected) {
  for (std::size_t size = 0; size < kPayout.size(); ++size) {
    test::Request request = signed_request(kPayout);
    request.body.resize(size);
    expect_rejected(request, "signature_mismatch");
  }
}

TEST_F(StripeVerify, AHeaderCutAnywhereIsRejected) {
  const std::string whole = signed_request(kSmall).headers[0].second;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(verify(with_header(kSmall, whole.substr(0, size))).decision, kReject) << size;
  }
}

TEST_F(StripeVerify, TheWholeSecretIsTheKey) {
  expect_rejected(signed_request(kSmall, "test"), "signature_mismatch");
}

TEST_F(StripeVerify, EverySecretOfARotationIsTried) {
  world_.secrets["/signing_secret"] = {"whsec_new", std::string(kSecret)};
  EXPECT_EQ(verify(signed_request(kSmall)).decision, kAccept);
  EXPECT_EQ(verify(signed_request(kSmall, "whsec_new")).decision, kAccept);
  expect_rejected(signed_request(kSmall, "whsec_retired"), "signature_mismatch");
}

TEST_F(StripeVerify, WithoutAUsableSecretNothingIsAccepted) {
  world_.secrets.clear();
  expect_rejected(signed_request(kSmall), "secret_missing");
  world_.secrets["/signing_secret"] = {" "};
  expect_rejected(signed_request(kSmall, " "), "secret_blank");
}

TEST_F(StripeVerify, AThinEventIsAnsweredAndNotStored) {
  const std::string thin =
      R"({"id":"evt_234","object":"v2.core.event","created":"2026-01-01T00:00:00.330Z"})";
  const auto verdict = verify(signed_request(thin));
  EXPECT_EQ(verdict.decision, kReply);
  EXPECT_EQ(verdict.reply_status, 400u);
  expect_rejected(signed_request(thin, "whsec_other"), "signature_mismatch");
}

TEST_F(StripeVerify, OnlyTheEventsOwnIdNamesTheDelivery) {
  const std::pair<const char*, const char*> bodies[] = {
      {R"({"data":{"object":{"id":"po_1"}},"id":"evt_1"})", "evt_1"},
      {R"({"data":{"object":{"id":"po_1"}}})", ""},
      {R"({"id":"evt_1","id":"evt_2"})", "evt_2"},
      {R"({"id":"evt_1","id":{"id":"x"}})", ""},
      {R"([{"id":"x"}])", ""},
      {R"({"list":[{"id":"x"}]})", ""},
      {R"({"id":42})", "42"},
      {R"({"id":"evt_1"} x)", ""}};
  for (const auto& [body, id] : bodies) {
    const auto verdict = verify(signed_request(body));
    EXPECT_EQ(verdict.decision, kAccept) << body;
    EXPECT_EQ(verdict.delivery_id, id) << body;
  }
}

TEST_F(StripeVerify, TheBodyIsHashedAsSentAndNotAsWrittenAgain) {
  const std::string body = "{\n  \"id\": \"evt_1\",\n  \"amount\": 10.00\n}";
  EXPECT_EQ(verify(signed_request(body)).decision, kAccept);
  test::Request request = signed_request(R"({"id":"evt_1","amount":10.0})");
  request.body = body;
  expect_rejected(request, "signature_mismatch");
}

TEST_F(StripeVerify, SignGivesTheVector) {
  test::Request request;
  request.body = kSmall;
  EXPECT_EQ(source_.sign(request),
            (test::Pairs{{"Stripe-Signature", "t=1767225600,v1=" + std::string(kSmallV1)}}));
}

TEST_F(StripeVerify, TheRightMacIsInNoAnswer) {
  const auto verdict = verify(signed_request(kSmall, "whsec_other"));
  EXPECT_EQ(verdict.reason.find(kSmallV1), std::string::npos);
  EXPECT_TRUE(world_.log.empty());
}

TEST_F(StripeVerify, ThePublishedConstantWithV0IsJudgedAsItsOwners) {
  const auto meta = test::input("webhooks/stripe_v1_with_v0.json");
  const auto body = test::input("webhooks/stripe_v1_with_v0.body");
  if (!meta) return;
  const json vector = json::parse(*meta);
  world_.secrets["/signing_secret"] = {vector["secret"].get<std::string>()};
  const auto header = vector["headers"]["Stripe-Signature"].get<std::string>();
  const auto clock = vector["clock_unix_s"].get<std::int64_t>();
  const auto verdict = verify(with_header(*body, header, clock));
  EXPECT_EQ(verdict.decision, kAccept) << verdict.reason;
  EXPECT_EQ(verdict.delivery_id, "evt_123");
  for (const auto& variant : vector["variants"]) {
    const auto other = variant.contains("headers")
                           ? variant["headers"]["Stripe-Signature"].get<std::string>()
                           : header;
    EXPECT_EQ(verify(with_header(*body, other, variant.value("clock_unix_s", clock))).decision,
              kReject)
        << variant["name"];
  }
  for (std::size_t size = 0; size < body->size(); ++size) {
    EXPECT_EQ(verify(with_header(body->substr(0, size), header, clock)).decision, kReject);
  }
}

TEST_F(StripeVerify, ThePublishedThinEventIsRefused) {
  const auto body = test::input("webhooks/stripe_v2_thin_event.body");
  if (!body) return;
  EXPECT_EQ(verify(signed_request(*body)).reply_status, 400u);
}

TEST_F(StripeVerify, ThePublishedBodyThatMustNotBeWrittenAgainIsHashedAsSent) {
  const auto text = test::input("bugs/30_body_must_not_be_reserialised.json");
  if (!text) return;
  const json bug = json::parse(*text);
  const auto body = from_hex(bug["body_hex"].get<std::string>()).value();
  const auto clock = bug["clock_unix_s"].get<std::int64_t>();
  EXPECT_EQ(verify(with_header(body, bug["stripe_signature"], clock)).decision, kAccept);
  EXPECT_EQ(verify(with_header(body, bug["signature_over_reserialised_body"], clock)).decision,
            kReject);
}

}  // namespace
}  // namespace gantry::stripe
