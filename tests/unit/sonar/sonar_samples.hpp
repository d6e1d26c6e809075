#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests as the three Sonars send them, with invented names and ids.
namespace gantry::sonar {

inline constexpr std::int64_t kNow = 1'767'225'600;  // 2026-01-01T00:00:00Z
inline constexpr std::int64_t kNs = 1'000'000'000;
inline constexpr std::string_view kSecret = "house-secret";

inline constexpr std::string_view kAlert =
    R"({"alert_id":"al-0007","alert_description":"OTRI ATL above 9","severity":"high",)"
    R"("timestamp":"2025-12-31T18:00:00-06:00","index":"OTRI","qualifier":"ATL",)"
    R"("value":9.10,"previous":"8.40","desk":"south"})";
inline constexpr std::string_view kAccount =
    R"({"event":"account.status","object_id":1,"current":{"id":1,"status":"Active"},"x":2})";
inline constexpr std::string_view kGate =
    R"({"serverUrl":"https://sq.example","taskId":"AVh21","status":"SUCCESS",)"
    R"("analysedAt":"2026-01-01T10:46:28+0100","revision":"c739","project":{"key":"tms",)"
    R"("name":"TMS"},"branch":{"name":"main"},"qualityGate":{"name":"Sonar way",)"
    R"("status":"ERROR","conditions":[{"metric":"new_coverage","status":"ERROR"}]}})";

inline std::string webhook_config(const std::string& flavour) {
  return R"({"flavour":")" + flavour + R"(","webhook_secret":"env:S"})";
}
/// A source that polls; `more` is JSON members with a comma before each.
inline std::string api_config(const std::string& url,
                              const std::string& more = R"(,"series":["OTRI/ATL"])") {
  return R"({"base_url":")" + url + R"(","username":"analyst@broker.example","password":"env:P")" +
         more + "}";
}

inline test::Request request(std::string_view body, test::Pairs headers) {
  test::Request made;
  made.body = body;
  made.received_at_ns = kNow * kNs;
  made.headers = std::move(headers);
  return made;
}
inline test::Request relay(std::string_view body, std::string_view secret = kSecret) {
  return request(body, {{"X-Timestamp", std::to_string(kNow)},
                        {"X-Signature", to_hex(hmac_sha256(secret, std::to_string(kNow) + "." +
                                                                       std::string(body)))}});
}
inline test::Request sonarqube(std::string_view body, std::string_view secret = kSecret) {
  return request(body, {{"X-SonarQube-Project", "tms"},
                        {"X-Sonar-Webhook-HMAC-SHA256", to_hex(hmac_sha256(secret, body))}});
}

/// The connector with its secrets set and the clock at kNow; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_SONAR_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNow * kNs;
  loaded.world().secrets = {{"/webhook_secret", {std::string(kSecret)}},
                            {"/password", {"sim-password"}}};
  return loaded;
}

}  // namespace gantry::sonar
