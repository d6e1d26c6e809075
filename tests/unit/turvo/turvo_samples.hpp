#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Requests as Turvo sends them, with invented names and ids.
namespace gantry::turvo {

inline constexpr std::int64_t kNow = 1'767'225'600;
inline constexpr std::int64_t kNs = 1'000'000'000;
inline constexpr std::string_view kToken = "a-static-token-of-ours";

inline constexpr std::string_view kStatus =
    R"({"tenantId":"1203","eventName":"SHIPMENT_STATUS_UPDATE",)"
    R"("eventTime":"2026-01-16T14:02:11.245Z",)"
    R"("eventPayload":{"id":1000399120,"load":{"id":"0047361"},)"
    R"("status":{"code":{"key":"2116","value":"Route complete"}}}})";

inline constexpr std::string_view kWebhookConfig = R"({"webhook_secret":"env:T"})";

/// A source with the API too; `more` is JSON members with a comma before each.
inline std::string api_config(const std::string& url, const std::string& more = "") {
  return R"({"webhook_secret":"env:T","base_url":")" + url +
         R"(","api_key":"env:K","client_id":"publicapi","client_secret":"env:C",)"
         R"("username":"api@broker.example","password":"env:P")" +
         more + "}";
}

inline test::Request with_token(std::string_view body, std::string_view token = kToken) {
  test::Request request;
  request.body = body;
  request.received_at_ns = kNow * kNs;
  request.headers = {{"X-Signature", std::string(token)}};
  return request;
}

/// The connector with its secrets set and the clock at kNow; loaded once per process.
inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_TURVO_SO);
  loaded.world() = {};
  loaded.world().now_ns = kNow * kNs;
  loaded.world().secrets = {{"/webhook_secret", {std::string(kToken)}},
                            {"/api_key", {"sim-api-key"}},
                            {"/client_secret", {"sim-client-secret"}},
                            {"/password", {"sim-password"}}};
  return loaded;
}

}  // namespace gantry::turvo
