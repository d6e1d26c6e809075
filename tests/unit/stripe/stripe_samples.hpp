#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests as Stripe sends them, with invented people and ids.
namespace gantry::stripe {

inline constexpr std::string_view kSecret = "whsec_test";
inline constexpr std::int64_t kNow = 1'767'225'600;
inline constexpr std::int64_t kNs = 1'000'000'000;

/// With kSecret at kNow its v1 is the constant.
inline constexpr std::string_view kSmall = R"({"id":"evt_1"})";
inline constexpr std::string_view kSmallV1 =
    "45b40331de0325606dc5400202ade162460fbe48daf9401adfdcd0d7b4f35470";

inline constexpr std::string_view kPayout =
    R"({"id":"evt_9q","object":"event","api_version":"2018-05-21","created":1767225590,)"
    R"("account":"acct_7","livemode":false,"pending_webhooks":1,)"
    R"("request":{"id":"req_3","idempotency_key":null},"type":"payout.updated",)"
    R"("data":{"object":{"id":"po_0042","object":"payout","amount":285000,"currency":"usd",)"
    R"("arrival_date":1767312000,"created":1767225000,"livemode":false,"status":"in_transit",)"
    R"("description":"STRIPE PAYOUT","destination":"ba_5","metadata":{"load":"LD-88231"},)"
    R"("failure_code":null,"automatic":true},"previous_attributes":{"status":"pending"}}})";

inline constexpr std::string_view kConfig = R"({"signing_secret":"env:STRIPE_WEBHOOK_SECRET"})";

inline std::string v1(std::string_view body, std::string_view secret, std::int64_t at) {
  return to_hex(hmac_sha256(secret, std::to_string(at) + "." + std::string(body)));
}
inline test::Request with_header(std::string_view body, std::string header,
                                 std::int64_t now = kNow) {
  test::Request request;
  request.body = body;
  request.received_at_ns = now * kNs;
  request.headers = {{"Stripe-Signature", std::move(header)}};
  return request;
}
inline test::Request signed_request(std::string_view body, std::string_view secret = kSecret,
                                    std::int64_t at = kNow) {
  return with_header(body, "t=" + std::to_string(at) + ",v1=" + v1(body, secret, at));
}

/// The connector with its secret set and the clock at kNow; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_STRIPE_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNow * kNs;
  loaded.world().secrets = {{"/signing_secret", {std::string(kSecret)}}};
  return loaded;
}

}  // namespace gantry::stripe
