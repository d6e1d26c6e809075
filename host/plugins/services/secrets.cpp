#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"
#include "host/plugins/config_schema.hpp"
#include "host/plugins/host_context.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

constexpr std::size_t kValueMax = 64U << 10U;

/// The grants of a source that this plugin owns; null for any other, and that ends the call.
std::shared_ptr<SourceGrants> own(const gantry_host* host, const gantry_span& source) {
  const auto id = abi::view_of(source);
  return id ? HostContext::of(host).find(*id) : nullptr;
}

std::uint64_t count(const gantry_host* host, gantry_span source, gantry_span name) noexcept {
  std::uint64_t values = 0;
  at_edge(host, [&]() -> gantry_status {
    const auto grants = own(host, source);
    const auto field = abi::view_of(name);
    if (!grants || !field) return GANTRY_CONFIG;
    values = HostContext::of(host).ports().secrets->count(grants->source, *field);
    return GANTRY_OK;
  });
  return values;
}

gantry_status get(const gantry_host* host, gantry_span source, gantry_span name,
                  std::uint64_t index, gantry_buffer* out) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const auto grants = own(host, source);
    const auto field = abi::view_of(name);
    if (!grants || !field) return GANTRY_CONFIG;
    const auto value = HostContext::of(host).ports().secrets->get(grants->source, *field, index);
    if (!value) {
      return value.error().kind == ErrorKind::kNotFound ? GANTRY_CONFIG
                                                        : abi::status_of(value.error().kind);
    }
    grants->mask.learn(*value);
    return abi::fill(out, *value);
  });
}

gantry_status put(const gantry_host* host, gantry_span source, gantry_span name,
                  gantry_span value) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const auto grants = own(host, source);
    const auto field = abi::view_of(name);
    const auto bytes = abi::view_of(value);
    if (!grants || !field) return GANTRY_CONFIG;
    if (!bytes || bytes->empty() || bytes->size() > kValueMax) return GANTRY_DATA;
    if (!is_secret_field(grants->config_schema, *field)) return GANTRY_CONFIG;
    grants->mask.learn(*bytes);
    const auto kept = HostContext::of(host).ports().secrets->put(grants->source, *field, *bytes);
    return kept ? GANTRY_OK : abi::status_of(kept.error().kind);
  });
}

}  // namespace

const gantry_secrets& secrets() {
  static const gantry_secrets service{sizeof(gantry_secrets), 0, count, get, put};
  return service;
}

}  // namespace gantry::plugins::services
