#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry::plugins::conformance {

/// One answer of the scripted vendor.
struct VendorAnswer {
  std::string method;    ///< Empty: any.
  std::string url;       ///< Regular expression (ECMAScript), searched in the whole URL.
  std::string body_has;  ///< Text that the request's body must contain; empty: any.
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  unsigned times = 0;  ///< Used up after so many requests; 0: never.
};

/// A webhook request whose verdict is known.
struct KnownRequest {
  std::string name;
  std::string method = "POST";
  std::string url;  ///< Public URL; empty: the check's own.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string verdict = "accept";  ///< accept, reject or reply.
  /// The signature covers the body: every changed bit of it must be rejected.
  bool covers_body = false;
};

/// What a connector's author knows of the vendor, as data:
///
///     {"now": "2026-01-14T09:00:00Z",
///      "secrets": {"/signing_key": ["…"]},
///      "kv": {"keys": […]},
///      "http": [{"method": "GET", "url": "/orders\\?page=1$", "body_has": "", "times": 0,
///                "status": 200, "headers": {"Content-Type": "application/json"}, "body": {…}}],
///      "requests": [{"name": "…", "headers": {"X-Acme-Token": "${secret:/token}"}, "body": "…",
///                    "verdict": "accept", "covers_body": false}]}
///
/// Every member may be absent. The first answer that fits and is not used up is given; a body that
/// is no text is sent as JSON. `secrets` replaces canaries where published vectors need it; `kv` is
/// what the connector is taken to have kept in gantry.kv/1 before, text or JSON.
struct Scenario {
  bool present = false;
  Instant now;
  std::map<std::string, std::vector<std::string>> secrets;
  std::map<std::string, std::string> kv;
  std::vector<VendorAnswer> http;
  std::vector<KnownRequest> requests;
};

/// kInvalid names the member that is wrong. [any-thread]
Result<Scenario> parse_scenario(std::string_view text);

/// The scenario of nothing: a clock, no answers.
Scenario empty_scenario();

}  // namespace gantry::plugins::conformance
