#pragma once

#include <gantry/plugin.h>

#include <optional>
#include <string>

#include "host/plugins/manifest.hpp"
#include "host/plugins/plugin_file.hpp"
#include "host/plugins/refusal.hpp"

namespace gantry::plugins {

/// A plugin's code in this process. Never unloaded: a thread, a thread-local destructor or an
/// atexit handler of the plugin may run until the very end. [main]
class Library {
 public:
  /// Loads the file, or gives the library that was loaded from the same bytes before. `sealed`:
  /// maps a sealed copy of exactly the bytes that were hashed instead of the path.
  ///
  /// Refuses what dlopen refuses, in its words, and a file without our entry symbol.
  static Checked<const Library*> load(const PluginFile& file, bool sealed);

  /// The plugin's own description, every field checked against ABI 1; copied, with what a newer
  /// minor added left out.
  const gantry_plugin& entry() const noexcept { return entry_; }

 private:
  Library() = default;

  gantry_plugin entry_{};
};

/// Refuses an entry that this host cannot work with: magic, struct_size, major, tag, host minor,
/// missing functions. [any-thread]
Checked<gantry_plugin> read_entry(const gantry_plugin* raw);

/// The manifest of an entry; refuses one that differs from the note, or from the entry's own id and
/// version. [any-thread]
Checked<Manifest> read_manifest(const gantry_plugin& entry, const std::optional<std::string>& note);

}  // namespace gantry::plugins
