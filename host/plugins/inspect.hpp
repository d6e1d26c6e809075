#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/plugins/manifest.hpp"
#include "host/plugins/refusal.hpp"

namespace gantry::plugins {

/// A plugin file as `gantry plugin inspect` shows it.
struct Inspection {
  Manifest manifest;
  std::string file;    ///< Canonical path.
  std::string sha256;  ///< What a configuration would pin.
  std::uint64_t size = 0;
  bool from_note = false;  ///< True: no code of the file ran.
};

/// Reads a plugin's manifest. With the embedded note no code of the file runs, whoever it belongs
/// to; without it the file must be safe to load (check_permissions) and is loaded, but not started.
/// [blocking] [main]
Checked<Inspection> inspect(const std::filesystem::path& file);

}  // namespace gantry::plugins
