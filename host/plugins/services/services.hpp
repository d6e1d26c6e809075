#pragma once

#include <gantry/host.h>

#include <string_view>

#include "host/plugins/ports.hpp"

namespace gantry::plugins::services {

/// The host services in their C form. Each works on the HostContext behind the gantry_host that the
/// plugin passes back; none lets an exception into plugin code. [any-thread]
const gantry_log& log();
const gantry_clock& clock();
const gantry_crypto& crypto();
const gantry_secrets& secrets();
const gantry_kv& kv();
const gantry_http& http();

/// The service struct by id ("gantry.log/1"), or null where this host does not offer it.
const void* find(std::string_view id, const HostPorts& ports) noexcept;

/// Runs the body of a service at the edge to the plugin: what throws becomes BUG.
template <class Body>
gantry_status at_edge(const gantry_host* host, Body&& body) noexcept {
  if (host == nullptr || host->impl == nullptr) return GANTRY_BUG;
  try {
    return body();
  } catch (...) {
    return GANTRY_BUG;
  }
}

}  // namespace gantry::plugins::services
