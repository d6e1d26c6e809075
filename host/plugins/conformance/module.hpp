#pragma once

#include <gantry/plugin.h>

#include <string>

namespace gantry::plugins::conformance {

/// A plugin file in this process: the raw entry, and the host's reading of it.
struct Module {
  const gantry_plugin* raw = nullptr;
  gantry_plugin entry{};
};

/// Loads as the host does (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) and reads the entry; ends the
/// test where either is refused. Every call returns the same library: a test has a process of its
/// own.
Module open_module(const std::string& file);

}  // namespace gantry::plugins::conformance
