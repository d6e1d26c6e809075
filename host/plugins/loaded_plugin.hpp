#pragma once

#include <memory>
#include <string>

#include "host/plugins/host_context.hpp"
#include "host/plugins/library.hpp"
#include "host/plugins/manifest.hpp"

namespace gantry::plugins {

/// A plugin between init and deinit. Shared by its sources: the last one to go ends it. [main]
class LoadedPlugin {
 public:
  /// Calls init; refuses where it fails.
  static Checked<std::shared_ptr<LoadedPlugin>> start(const Library& library, Manifest manifest,
                                                      std::string file, const HostPorts& ports);
  ~LoadedPlugin();
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  const gantry_plugin& entry() const noexcept { return library_.entry(); }
  const Manifest& manifest() const noexcept { return manifest_; }
  const std::string& file() const noexcept { return file_; }
  HostContext& host() noexcept { return host_; }

 private:
  LoadedPlugin(const Library& library, Manifest manifest, std::string file, const HostPorts& ports);

  const Library& library_;
  const Manifest manifest_;
  const std::string file_;
  HostContext host_;
  bool started_ = false;
};

}  // namespace gantry::plugins
