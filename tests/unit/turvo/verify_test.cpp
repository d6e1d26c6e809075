#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/support/inputs.hpp"
#include "tests/support/loopback_http.hpp"
#include "tests/support/vendors/vendor.hpp"
#include "tests/unit/turvo/turvo_samples.hpp"

namespace gantry::turvo {
namespace {

using nlohmann::json;

constexpr int kAccept = GANTRY_VERDICT_ACCEPT;
constexpr int kReject = GANTRY_VERDICT_REJECT;

// SHA-256 of "1203|SHIPMENT_STATUS_UPDATE|1000399120|2026-01-16T14:02:11.245Z" (coreutils).
constexpr std::string_view kStatusId =
    "86ea2f409d27df966d373085c26fe9856c616a9711602327ee7b007bbe5709aa";

class TurvoVerify : public testing::Test {
 protected:
  void expect_rejected(const test::Request& request, std::string_view reason) const {
    const auto verdict = source_.verify(request);
    EXPECT_EQ(verdict.decision, kReject);
    EXPECT_EQ(verdict.reason, reason);
  }

  test::Plugin& plugin_ = plugin();
  test::World& world_ = plugin_.world();
  test::Source source_{plugin_, kWebhookConfig};
};

TEST_F(TurvoVerify, TheStaticTokenIsAcceptedAndNamesTheEventByItsFields) {
  const auto verdict = source_.verify(with_token(kStatus));
  EXPECT_EQ(verdict.decision, kAccept);
  EXPECT_EQ(verdict.delivery_id, kStatusId);
}

TEST_F(TurvoVerify, AnyOtherTokenIsRejected) {
  const std::string token(kToken);
  for (std::size_t size = 1; size < token.size(); ++size) {
    expect_rejected(with_token(kStatus, token.substr(0, size)), "signature_mismatch");
  }
  expect_rejected(with_token(kStatus, token + "x"), "signature_mismatch");
  expect_rejected(with_token(kStatus, ""), "signature_blank");
  test::Request request = with_token(kStatus);
  request.headers.push_back(request.headers[0]);
  expect_rejected(request, "signature_repeated");
  request.headers.clear();
  expect_rejected(request, "signature_missing");
}

TEST_F(TurvoVerify, EveryTokenOfARotationIsTakenAndABlankOneNever) {
  world_.secrets["/webhook_secret"] = {"the-new-token", std::string(kToken)};
  EXPECT_EQ(source_.verify(with_token(kStatus)).decision, kAccept);
  EXPECT_EQ(source_.verify(with_token(kStatus, "the-new-token")).decision, kAccept);
  world_.secrets["/webhook_secret"] = {" "};
  expect_rejected(with_token(kStatus, "x"), "secret_blank");
  world_.secrets.clear();
  expect_rejected(with_token(kStatus), "secret_missing");
}

TEST_F(TurvoVerify, TheHeaderAndAPrefixAreConfigured) {
  const test::Source source(plugin_, R"({"webhook_secret":"env:T","signature":
      {"signature_header":"Authorization","prefix":"Bearer "}})");
  test::Request request = with_token(kStatus);
  request.headers = {{"authorization", "Bearer " + std::string(kToken)}};
  EXPECT_EQ(source.verify(request).decision, kAccept);
  request.headers = {{"authorization", "Basic " + std::string(kToken)}};
  EXPECT_EQ(source.verify(request).decision, kReject);
}

TEST_F(TurvoVerify, OnlyAllowedAddressesMaySend) {
  const auto verify = [&](const char* block) {
    const test::Source source(
        plugin_, std::string(R"({"webhook_secret":"env:T","signature":{"allow_from":[")") + block +
                     R"("]}})");
    return source.verify(with_token(kStatus)).decision;
  };
  EXPECT_EQ(verify("127.0.0.0/8"), kAccept);
  EXPECT_EQ(verify("203.0.113.0/24"), kReject);
}

TEST_F(TurvoVerify, ARetryHasTheSameIdAndAnotherTimeAnother) {
  const std::string again = json::parse(kStatus).dump(2);
  EXPECT_EQ(source_.verify(with_token(again)).delivery_id, kStatusId);
  json later = json::parse(kStatus);
  later["eventTime"] = "2026-01-16T14:02:11.246Z";
  EXPECT_NE(source_.verify(with_token(later.dump())).delivery_id, kStatusId);
}

TEST_F(TurvoVerify, TheIdIsFoundWhereverBodiesCarryIt) {
  const auto id_of = [&](const char* members) {
    return source_
        .verify(with_token(std::string(R"({"tenantId":"1203","eventName":"SHIPMENT_STATUS_UPDATE",)"
                                       R"("eventTime":"2026-01-16T14:02:11.245Z",)") +
                           members + "}"))
        .delivery_id;
  };
  for (const auto* members :
       {R"("shipmentId":"1000399120")", R"("shipment_id":1000399120)",
        R"("data":{"shipmentId":1000399120})", R"("data":{"id":"1000399120"})"}) {
    EXPECT_EQ(id_of(members), kStatusId) << members;
  }
  EXPECT_EQ(id_of(R"("x":1)"), "");
}

TEST_F(TurvoVerify, AGenuineBodyThatIsNoJsonGoesUnderItsHash) {
  for (const auto* body : {"", "{'a':1}", "\xff\xfe", "[1]"}) {
    const auto verdict = source_.verify(with_token(body));
    EXPECT_EQ(verdict.decision, kAccept);
    EXPECT_EQ(verdict.delivery_id, "");
  }
}

/// The relay's scheme of the house, by the published names.
class TurvoRelay : public TurvoVerify {
 protected:
  static std::string config(json signature) {
    signature["mode"] = "hmac";
    for (const auto* foreign : {"alg", "tolerance_s"}) {
      if (!signature.contains(foreign)) continue;
      signature[foreign == std::string("alg") ? "algorithm" : "tolerance"] = signature[foreign];
      signature.erase(foreign);
    }
    if (!signature.contains("timestamp_header") && signature.contains("template") &&
        signature["template"].get<std::string>().find("{timestamp}") == std::string::npos) {
      signature["timestamp_header"] = "";
    }
    return json({{"webhook_secret", "env:T"}, {"signature", signature}}).dump();
  }
  test::Verdict verify(const json& signature, const std::string& secret, test::Request request) {
    world_.secrets["/webhook_secret"] = {secret};
    return test::Source(plugin_, config(signature)).verify(request);
  }
  static test::Request request(std::string body, test::Pairs headers, std::int64_t at_ns) {
    test::Request made;
    made.body = std::move(body);
    made.headers = std::move(headers);
    made.received_at_ns = at_ns;
    return made;
  }
};

TEST_F(TurvoRelay, TheHousesVectorIsAccepted) {
  const auto sent = [](std::string mac) {
    return request(R"({"eventName":"SHIPMENT_UPDATE"})",
                   {{"X-Signature", std::move(mac)}, {"X-Timestamp", "1767225600"}}, kNow * kNs);
  };
  const std::string mac = "f499e7039dc2fde9281dd3871166edf6828611fdd02ad9825fd780a33ac7ad14";
  EXPECT_EQ(verify(json::object(), "house-secret", sent(mac)).decision, kAccept);
  EXPECT_EQ(verify(json::object(), "other-secret", sent(mac)).decision, kReject);
  for (std::size_t size = 0; size < mac.size(); ++size) {
    EXPECT_EQ(verify(json::object(), "house-secret", sent(mac.substr(0, size))).decision, kReject);
  }
}

TEST_F(TurvoRelay, WhatItSignsItAccepts) {
  const test::Source source(plugin_, config(json::object()));
  test::Request sample = with_token(kStatus);
  sample.headers = source.sign(sample);
  ASSERT_FALSE(sample.headers.empty());
  EXPECT_EQ(source.verify(sample).decision, kAccept);
  for (std::size_t size = 0; size < kStatus.size(); ++size) {
    test::Request cut = sample;
    cut.body.resize(size);
    EXPECT_EQ(source.verify(cut).decision, kReject) << size;
  }
}

test::Pairs pairs(const json& headers) {
  test::Pairs out;
  for (const auto& [name, value] : headers.items())
    out.emplace_back(name, value.get<std::string>());
  return out;
}

TEST_F(TurvoRelay, ThePublishedSlackConstantIsJudgedAsItsOwners) {
  const auto text = test::input("webhooks/slack_v0.json");
  if (!text) return;
  const json vector = json::parse(*text);
  const std::string body = *test::input("webhooks/slack_v0.body");
  const std::string secret = vector["secret"];
  const auto headers = pairs(vector["headers"]);
  const std::int64_t clock_ns = vector["clock_unix_s"].get<std::int64_t>() * kNs;
  json scheme = vector["verifier"];
  scheme.erase("mode");
  EXPECT_EQ(verify(scheme, secret, request(body, headers, clock_ns)).decision, kAccept);
  EXPECT_EQ(verify(scheme, secret, request(body + "------", headers, clock_ns)).decision, kReject);
  EXPECT_EQ(verify(scheme, secret, request(body, headers, kNow * kNs)).reason, "stale");
  EXPECT_EQ(verify(scheme, "", request(body, headers, clock_ns)).reason, "secret_blank");
}

TEST_F(TurvoRelay, ThePublishedPlainSha256IsJudgedAsItsOwners) {
  const auto text = test::input("webhooks/hub256_plain.json");
  if (!text) return;
  const json vector = json::parse(*text);
  const std::string body = *test::input("webhooks/hub256_plain.body");
  json scheme = vector["verifier"];
  scheme.erase("mode");
  auto headers = pairs(vector["headers"]);
  EXPECT_EQ(verify(scheme, "mysecret", request(body, headers, 0)).decision, kAccept);
  EXPECT_EQ(verify(scheme, "foo", request(body, headers, 0)).decision, kReject);
  world_.secrets["/webhook_secret"] = {"bogus", "mysecret"};
  EXPECT_EQ(test::Source(plugin_, config(scheme)).verify(request(body, headers, 0)).decision,
            kAccept);
  for (auto& header : headers) header.second = "foo";
  EXPECT_EQ(verify(scheme, "mysecret", request(body, headers, 0)).decision, kReject);
}

TEST_F(TurvoRelay, ThePublishedHeaderOfSeveralMacsIsJudgedAsItsOwners) {
  const auto text = test::input("webhooks/hmac_sha1_two_values.json");
  if (!text) return;
  const json vector = json::parse(*text);
  const std::string body = *test::input("webhooks/hmac_sha1_two_values.body");
  json scheme = vector["verifier"];
  scheme.erase("mode");
  const int right[] = {kAccept, kAccept, kAccept, kReject, kReject, kReject, kAccept};
  ASSERT_EQ(vector["cases"].size(), std::size(right));
  for (std::size_t i = 0; i < std::size(right); ++i) {
    const json& one = vector["cases"][i];
    const auto verdict = verify(scheme, one.value("secret", vector["secret"].get<std::string>()),
                                request(one.value("body", body), {{"X-Signature", one["sig"]}}, 0));
    EXPECT_EQ(verdict.decision, right[i]) << i;
    EXPECT_EQ(verdict.reason.find("b17e04cb"), std::string::npos);
  }
}

TEST_F(TurvoRelay, ThePublishedUtf8BodyIsHashedByItsBytes) {
  const auto text = test::input("bugs/20_utf8_body_hmac.json");
  if (!text) return;
  const json bug = json::parse(*text);
  const auto sent = [&](const char* mac) {
    return request(from_hex(bug["body_hex"].get<std::string>()).value(),
                   {{"X-Signature", bug[mac]}, {"X-Timestamp", bug["timestamp"]}}, kNow * kNs);
  };
  const std::string secret = bug["secret"];
  EXPECT_EQ(verify(json::object(), secret, sent("signature_hex")).decision, kAccept);
  EXPECT_EQ(
      verify(json::object(), secret, sent("wrong_ascii_question_mark_signature_hex")).decision,
      kReject);
}

TEST_F(TurvoRelay, ThePublishedBodyThatIsNoUtf8IsAcceptedThenData) {
  const auto text = test::input("bugs/22_non_utf8_body.json");
  if (!text) return;
  const json bug = json::parse(*text);
  auto sent = request(from_hex(bug["body_hex"].get<std::string>()).value(),
                      {{"X-Signature", bug["signature_hex"]}, {"X-Timestamp", bug["timestamp"]}},
                      kNow * kNs);
  const std::string secret = bug["secret"];
  EXPECT_EQ(verify(json::object(), secret, sent).decision, kAccept);
  EXPECT_EQ(source_.parse(sent).status, GANTRY_DATA);
  sent.headers[0].second[0] = '0';
  EXPECT_EQ(verify(json::object(), secret, sent).decision, kReject);
}

TEST_F(TurvoRelay, ThePublishedMillisecondsAreComparedWithMilliseconds) {
  const auto text = test::input("bugs/24_millisecond_timestamp.json");
  if (!text) return;
  const json bug = json::parse(*text);
  const auto judge = [&](const std::string& unit, const std::string& timestamp) {
    const std::string mac = to_hex(hmac_sha256("house-secret", timestamp + ".{}"));
    return verify({{"unit", unit}}, "house-secret",
                  request("{}", {{"X-Signature", mac}, {"X-Timestamp", timestamp}},
                          bug["clock_unix_ms"].get<std::int64_t>() * 1'000'000));
  };
  EXPECT_EQ(judge(bug["verifier"]["unit"], bug["timestamp"]).decision, kAccept);
  for (const auto& other : bug["also"]) {
    EXPECT_EQ(judge(other["unit"], other["timestamp"]).decision, kReject) << other;
  }
}

/// Turvo's sender against a door that answers as the host would.
TEST(TurvoWebhook, WhatIsSentTwiceDelayedOrInAnyOrderIsOneDeliveryEach) {
  test::Plugin& loaded = plugin();
  const test::Source source(loaded, kWebhookConfig);
  std::map<std::string, int> stored;
  int refused = 0;
  std::mutex mutex;
  const test::LoopbackHttp door([&](const test::LoopbackRequest& in) {
    const std::lock_guard lock(mutex);
    test::Request request;
    request.body = in.body;
    request.headers = in.headers;
    request.received_at_ns = kNow * kNs;
    const auto verdict = source.verify(request);
    if (verdict.decision != kAccept) {
      ++refused;
      return test::LoopbackResponse{401, {}, "", {}};
    }
    // The inbox is out of order once: Turvo must try again.
    if (stored.empty() && refused == 0) {
      ++refused;
      return test::LoopbackResponse{503, {}, "", {}};
    }
    ++stored[verdict.delivery_id];
    return test::LoopbackResponse{202, {}, "", {}};
  });
  const test::Vendor vendor("turvo", {"shipments=3"});
  vendor.tell("webhook", json({{"url", door.url("/webhooks/turvo")}, {"secret", kToken}}).dump());
  const auto status = [&](int id, const char* key, json more) {
    more.update({{"id", 1000399120 + id}, {"key", key}, {"value", "x"}});
    vendor.tell("status", more.dump());
  };
  status(0, "2101", {{"duplicate", 2}});
  status(1, "2118", {{"drop", true}});
  status(2, "2116", {{"secret", "wrong"}});
  vendor.tell("flush", R"({"reverse":true})");
  vendor.advance(1);
  status(1, "2118", {{"delay_s", 30}});
  vendor.advance(3600);
  EXPECT_EQ(stored.size(), 2u);  // Shipments 0 and 1.
  const json deliveries = json::parse(vendor.ask("deliveries"));
  int given_up = 0;
  for (const auto& one : deliveries) given_up += one["state"] == "given up";
  EXPECT_EQ(given_up, 1);
  for (const auto& [id, times] : stored) EXPECT_EQ(id.size(), 64u) << times;
}

}  // namespace
}  // namespace gantry::turvo
