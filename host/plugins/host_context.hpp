#pragma once

#include <gantry/host.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/net/egress.hpp"
#include "host/net/request_gate.hpp"
#include "host/plugins/ports.hpp"
#include "host/plugins/secret_mask.hpp"

namespace gantry::plugins {

/// What one source may use, and the secrets it was given so far.
struct SourceGrants {
  std::string source;
  net::EgressList egress;
  SecretMask mask;
  std::shared_ptr<net::RequestGate> gate;  ///< Shared by all instances of the source; may be null.
  std::string config_schema;               ///< Of the plugin: says which fields are secrets.
};

/// The host as one plugin sees it: a gantry_host whose services act for the plugin's own sources
/// only. A source id that belongs to another plugin is refused, so that one connector cannot read
/// another's secrets by naming it.
///
/// Outlives the plugin's deinit. [any-thread]
class HostContext {
 public:
  HostContext(std::string plugin_id, HostPorts ports);
  HostContext(const HostContext&) = delete;
  HostContext& operator=(const HostContext&) = delete;

  const gantry_host* native() const noexcept { return &native_; }
  const HostPorts& ports() const noexcept { return ports_; }
  const std::string& plugin_id() const noexcept { return plugin_id_; }

  /// Before create, and until destroy. During a reload old and new grants of one source coexist;
  /// the newest count.
  void grant(std::shared_ptr<SourceGrants> grants);
  void revoke(const SourceGrants* grants);

  /// Null where the source is not one of this plugin's.
  std::shared_ptr<SourceGrants> find(std::string_view source) const;

  /// `text` without any secret that this plugin was given, control characters escaped, cut to
  /// `size_max` bytes.
  std::string shown(std::string text, std::size_t size_max) const;

  void log(LogLevel level, std::string_view source, std::string_view event,
           std::span<const LogField> fields) const;

  /// The context behind a host pointer that came back from the plugin.
  static HostContext& of(const gantry_host* host) { return *static_cast<HostContext*>(host->impl); }

 private:
  gantry_host native_{};
  const std::string plugin_id_;
  const HostPorts ports_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<SourceGrants>> grants_;
};

}  // namespace gantry::plugins
