#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"
#include "host/plugins/host_context.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

gantry_status get(const gantry_host* host, gantry_span source, gantry_span key, gantry_buffer* out,
                  std::uint64_t* revision) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const HostContext& context = HostContext::of(host);
    const auto id = abi::view_of(source);
    const auto name = abi::view_of(key);
    if (!id || !name || revision == nullptr) return GANTRY_BUG;
    if (!context.find(*id)) return GANTRY_CONFIG;
    const auto entry = context.ports().kv->get(*id, *name);
    if (!entry) return abi::status_of(entry.error().kind);
    *revision = entry->revision;
    return abi::fill(out, entry->value);
  });
}

gantry_status put(const gantry_host* host, gantry_span source, gantry_span key, gantry_span value,
                  std::uint64_t* revision) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const HostContext& context = HostContext::of(host);
    const auto id = abi::view_of(source);
    const auto name = abi::view_of(key);
    const auto bytes = abi::view_of(value);
    if (!id || !name || !bytes || revision == nullptr) return GANTRY_BUG;
    if (!context.find(*id)) return GANTRY_CONFIG;
    const auto written = context.ports().kv->put(*id, *name, *bytes, *revision);
    if (!written) return abi::status_of(written.error().kind);
    *revision = *written;
    return GANTRY_OK;
  });
}

}  // namespace

const gantry_kv& kv() {
  static const gantry_kv service{sizeof(gantry_kv), 0, get, put};
  return service;
}

}  // namespace gantry::plugins::services
