#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/plugins/refusal.hpp"

namespace gantry::plugins {

/// What an ELF file says of itself, read without running any of its code.
struct ElfFacts {
  std::optional<std::string> manifest;  ///< The note "GANTRY"; empty where there is none.
  /// N of every exported gantry_plugin_entry_vN; empty optional where the file has no section table
  /// to read them from.
  std::optional<std::vector<unsigned>> entry_majors;
};

/// Refuses bytes that are no shared object for this machine. Hostile bytes are expected: every
/// offset is checked by libelf. [any-thread]
Checked<ElfFacts> read_elf(std::string& bytes);

/// Refuses a file that does not export our entry, naming the ABI major that it exports instead.
/// Asked before dlopen, because constructors run during it. [any-thread]
Checked<void> check_entry_symbol(const ElfFacts& facts);

}  // namespace gantry::plugins
