#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests as Front sends them, with invented people and ids.
namespace gantry::front {

inline constexpr std::string_view kKey = "front-app-signing-key";
inline constexpr std::string_view kRuleSecret = "front-api-secret";
inline constexpr std::int64_t kNowMs = 1'767'225'600'000;

/// The smallest delivery; with kKey at kNowMs its signatures are the two constants.
inline constexpr std::string_view kBodyF =
    R"({"type":"inbound_received","authorization":{"id":"cmp_9x2"},"payload":{"id":"evt_7h2k9q"}})";
inline constexpr std::string_view kBodyFApplicationSignature =
    "3tO2ZXZeErZe+UA4uhejbvU8KoSXGf8A4URrYnIfmlo=";
inline constexpr std::string_view kBodyFRuleSignature = "fHUUpRcCm5FqUSn7SnPryavfix4=";

inline constexpr std::string_view kInbound =
    R"({"type":"inbound_received","authorization":{"id":"cmp_9x2"},)"
    R"("payload":{"id":"evt_7h2k9q","type":"inbound","emitted_at":1767225599.412,)"
    R"("conversation":{"id":"cnv_4fk1","subject":"Late at Joliet","status":"unassigned","assignee":null,"tags":[]},)"
    R"("source":{"_meta":{"type":"inboxes"},"data":[{"id":"inb_2a","name":"Ops"}]},)"
    R"("target":{"_meta":{"type":"message"},"data":{"id":"msg_8c1","type":"email","is_inbound":true,"created_at":1767225598.9,)"
    R"("blurb":"Driver at gate","body":"<p>Driver at gate</p>","text":"Driver at gate",)"
    R"("recipients":[{"handle":"disp@qlht.example","name":"Dee","role":"from"},{"handle":"ops@x.example","name":null,"role":"to"}],)"
    R"("attachments":[{"id":"fil_3","filename":"pod.pdf","content_type":"application/pdf","size":5120,"url":"https://x.api.frontapp.com/download/fil_3"}]}}}})";

inline constexpr std::string_view kConfig =
    R"({"signing_key":"env:FRONT_SIGNING_KEY","rule_secret":"env:FRONT_API_SECRET"})";

inline test::Request application(std::string_view body, std::string_view key = kKey,
                                 std::int64_t sent_ms = kNowMs) {
  const std::string timestamp = std::to_string(sent_ms);
  test::Request request;
  request.body = body;
  request.received_at_ns = kNowMs * 1'000'000;
  request.headers = {
      {"x-front-request-timestamp", timestamp},
      {"x-front-signature", to_base64(hmac_sha256(key, timestamp + ":" + request.body))}};
  return request;
}

inline test::Request rule(std::string_view body, std::string_view secret = kRuleSecret) {
  test::Request request;
  request.body = body;
  request.received_at_ns = kNowMs * 1'000'000;
  request.headers = {{"X-Front-Signature", to_base64(hmac_sha1(secret, body))}};
  return request;
}

inline std::string& header(test::Request& request, std::string_view name) {
  for (auto& [found, value] : request.headers) {
    if (found == name) return value;
  }
  throw std::runtime_error("no such header");
}

/// The connector with both secrets set and the clock at kNowMs; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_FRONTAPP_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNowMs * 1'000'000;
  loaded.world().secrets = {{"/signing_key", {std::string(kKey)}},
                            {"/rule_secret", {std::string(kRuleSecret)}}};
  return loaded;
}

}  // namespace gantry::front
