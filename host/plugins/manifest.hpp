#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/plugins/refusal.hpp"

namespace gantry::plugins {

/// What a plugin says of itself, before any of its code runs.
struct Manifest {
  std::string id;
  std::string version;
  std::string description;
  std::vector<std::string> capabilities;  ///< "gantry.webhook/1", …
  std::vector<std::string> services;      ///< "gantry.http/1", …: required ones.
  std::string config_schema;              ///< One JSON Schema, compact.

  bool has(std::string_view capability) const noexcept;
  bool operator==(const Manifest&) const = default;
};

/// Refuses what is not one JSON object with id, version, capabilities, services and
/// config_schema of the right types. Unknown fields are left for newer hosts. [any-thread]
Checked<Manifest> parse_manifest(std::string_view text);

}  // namespace gantry::plugins
