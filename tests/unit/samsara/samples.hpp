#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests and pages as Samsara sends them, with invented people, trucks and ids.
namespace gantry::samsara {

/// base64("test-secret").
inline constexpr std::string_view kSecret = "dGVzdC1zZWNyZXQ=";
inline constexpr std::string_view kKey = "test-secret";
/// 2026-01-16T14:00:00Z.
inline constexpr std::int64_t kNowS = 1'768'572'000;
inline constexpr std::int64_t kSecondNs = 1'000'000'000;

inline constexpr std::string_view kConfig =
    R"({"api_token":"env:T","webhook_secret":"env:S","api_url":"https://samsara.example"})";

inline constexpr std::string_view kArrival =
    R"({"eventId":"017d3c5e-7f2b-4b61-9a0e-5f1c2d3e4f50","eventTime":"2026-01-16T13:57:21Z","eventType":"RouteStopArrival",)"
    R"("orgId":20936,"webhookId":"1411751028848270",)"
    R"("data":{"operation":"stop departed","type":"route tracking","time":"2026-01-16T13:57:02Z",)"
    R"("driver":{"id":"0051700111","name":"Dee Marsh"},"vehicle":{"id":"281474","name":"T-12","externalIds":{"samsara.serial":"GXXXAAA111"}},)"
    R"("route":{"id":"6009000001","name":"Joliet-Newark","externalIds":{"loadId":"LD-88231"},)"
    R"("stops":[{"id":"6066000001","name":"ACME DC","state":"arrived","singleUseLocation":{"address":"Joliet, IL","latitude":41.52,"longitude":-88.08}}]},)"
    R"("routeStopDetails":{"id":"6066000001","state":"arrived","enRouteTime":"2026-01-16T13:21:40Z","eta":"2026-01-16T13:57:00Z","actualArrivalTime":"2026-01-16T13:57:02Z"}}})";

inline test::Request webhook(std::string_view body, std::string_view key = kKey,
                             std::int64_t sent_s = kNowS) {
  const std::string timestamp = std::to_string(sent_s);
  test::Request request;
  request.body = body;
  request.received_at_ns = kNowS * kSecondNs;
  request.headers = {{"X-Samsara-Timestamp", timestamp},
                     {"X-Samsara-Signature",
                      "v1=" + to_hex(hmac_sha256(key, "v1:" + timestamp + ":" + request.body))}};
  return request;
}

inline std::string& header(test::Request& request, std::string_view name) {
  for (auto& [found, value] : request.headers) {
    if (found == name) return value;
  }
  throw std::runtime_error("no such header");
}

/// The connector with its secrets set and the clock at kNowS; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_SAMSARA_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNowS * kSecondNs;
  loaded.world().secrets = {{"/api_token", {"samsara_api_0123456789"}},
                            {"/webhook_secret", {std::string(kSecret)}}};
  return loaded;
}

/// What gantry-published bodies look like is the vendor's business; tests with real files read them
/// from here. Empty where the variable is not set.
inline std::string inputs_dir() {
  const char* dir = std::getenv("GANTRY_INPUTS_DIR");
  return dir == nullptr ? std::string() : std::string(dir);
}

}  // namespace gantry::samsara
