#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "host/plugins/refusal.hpp"

namespace gantry::plugins {

/// A plugin's bytes as they were read once; everything that follows judges these bytes.
struct PluginFile {
  std::filesystem::path path;  ///< Canonical: absolute, without links.
  std::string bytes;
  std::string sha256;  ///< Lower-case hex of bytes.
};

/// Finds and reads the file. Refuses what is missing, not a regular file, over 512 MiB or not
/// readable. Runs no code of it. [blocking]
Checked<PluginFile> read_plugin_file(const std::filesystem::path& path);

/// Refuses a file that somebody else could replace: it or its folder is writable by group or
/// others, or belongs to neither root nor us. [blocking]
Checked<void> check_permissions(const std::filesystem::path& canonical);

/// The rule of check_permissions for one file or folder; empty where it is safe, else the reason.
std::string unsafe_because(::mode_t mode, ::uid_t owner, ::uid_t self);

}  // namespace gantry::plugins
