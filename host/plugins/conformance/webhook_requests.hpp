#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {

/// A request that verify must accept.
struct GoodRequest {
  std::string name;
  InboundRequest request;
  net::Headers signature = {};        ///< Headers that sign added; empty for one of the scenario.
  std::set<std::string> proofs = {};  ///< Those of them that follow the body or hold a secret.
  bool covers_body = false;           ///< The signature changes with the body.
  bool covers_time = false;           ///< The signature changes with the clock.
  bool reply = false;                 ///< Answered at once, not stored.
};

/// Those of the scenario, and those that sign makes over their bodies or over a plain one.
std::vector<GoodRequest> good_requests(Rig& rig, const Subject& subject);

/// A request of the scenario with ${secret:/pointer} filled in.
InboundRequest fill_in(const Rig& rig, const Subject& subject, const KnownRequest& known);

inline void append(net::Headers& to, const net::Headers& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace gantry::plugins::conformance
