#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests and pages as HubSpot sends them, with invented people and ids.
namespace gantry::hubspot {

/// The secret of HubSpot's own vectors.
inline constexpr std::string_view kSecret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
inline constexpr std::string_view kUrl = "https://www.example.com/webhook_uri";
inline constexpr std::int64_t kNowMs = 1'767'225'600'000;
inline constexpr std::int64_t kMsNs = 1'000'000;

/// Webhooks of every version, no API.
inline constexpr std::string_view kWebhooks =
    R"({"client_secret":"env:S","public_url":"https://www.example.com/webhook_uri","signatures":["v3","v2","v1"]})";
/// A private app that polls contacts.
inline constexpr std::string_view kContacts =
    R"({"access_token":"env:T","client_secret":"env:S","api_url":"https://hubspot.example","objects":["contacts"],"archived_hours":0,"signatures":["v1"]})";

inline constexpr std::string_view kDealChange =
    R"([{"eventId":3816279340,"subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1767225600123,)"
    R"("subscriptionType":"deal.propertyChange","attemptNumber":0,"objectId":9112,"changeSource":"CRM_UI",)"
    R"("propertyName":"dealstage","propertyValue":"closedwon"}])";

inline test::Request request(std::string_view body, std::int64_t received_ms = kNowMs) {
  test::Request out;
  out.body = body;
  out.received_at_ns = received_ms * kMsNs;
  return out;
}
inline test::Request signed_v1(std::string_view body, std::string_view secret = kSecret) {
  test::Request out = request(body);
  out.headers = {{"X-HubSpot-Signature-Version", "v1"},
                 {"X-HubSpot-Signature", to_hex(sha256(std::string(secret) + out.body))}};
  return out;
}
inline test::Request signed_v3(std::string_view body, std::string_view url = kUrl,
                               std::int64_t sent_ms = kNowMs, std::string_view secret = kSecret) {
  test::Request out = request(body);
  const std::string timestamp = std::to_string(sent_ms);
  out.headers = {
      {"X-HubSpot-Request-Timestamp", timestamp},
      {"X-HubSpot-Signature-v3",
       to_base64(hmac_sha256(secret, "POST" + std::string(url) + out.body + timestamp))}};
  return out;
}
inline std::string& header(test::Request& request, std::string_view name) {
  for (auto& [found, value] : request.headers) {
    if (found == name) return value;
  }
  throw std::runtime_error("no such header");
}

/// The connector with its secrets set and the clock at kNowMs; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_HUBSPOT_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNowMs * kMsNs;
  loaded.world().secrets = {{"/client_secret", {std::string(kSecret)}},
                            {"/access_token", {"pat-na1-0123456789abcdef"}},
                            {"/refresh_token", {"refresh-0123456789"}}};
  return loaded;
}

inline test::HttpAnswer answer(std::string body, std::uint32_t status = 200) {
  test::HttpAnswer out;
  out.http_status = status;
  out.body = std::move(body);
  return out;
}

/// Real files, where the variable is set; else empty.
inline std::string inputs_dir() {
  const char* dir = std::getenv("GANTRY_INPUTS_DIR");
  return dir == nullptr ? std::string() : std::string(dir);
}

}  // namespace gantry::hubspot
