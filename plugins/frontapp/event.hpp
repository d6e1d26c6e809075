#pragma once

#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>

namespace gantry::frontapp {

/// A webhook's body, taken apart. Application webhooks wrap the Event in
/// {type, authorization:{id}, payload}; rule webhooks post the Event itself.
struct Envelope {
  std::string type;     ///< Application only: "inbound_received", "sync", …
  std::string company;  ///< Application only: authorization.id, "cmp_…".
  sdk::Json event;      ///< Null for a sync.
};

/// Throws Failure(kData) where the body is not JSON or holds no event.
Envelope read_envelope(std::string_view body);

}  // namespace gantry::frontapp
