#include "host/plugins/loaded_plugin.hpp"

#include "host/plugins/abi/status.hpp"

namespace gantry::plugins {

LoadedPlugin::LoadedPlugin(const Library& library, Manifest manifest, std::string file,
                           const HostPorts& ports)
    : library_(library),
      manifest_(std::move(manifest)),
      file_(std::move(file)),
      host_(manifest_.id, ports) {}

Checked<std::shared_ptr<LoadedPlugin>> LoadedPlugin::start(const Library& library,
                                                           Manifest manifest, std::string file,
                                                           const HostPorts& ports) {
  std::shared_ptr<LoadedPlugin> plugin(
      new LoadedPlugin(library, std::move(manifest), std::move(file), ports));
  const gantry_status status = plugin->entry().init(plugin->host_.native());
  if (status != GANTRY_OK) {
    return Refused{RefusalKind::kInitFailed,
                   "its init failed with " + std::string(abi::meaning_of(status).category),
                   "read the plugin's log lines above; ask its author"};
  }
  plugin->started_ = true;
  return plugin;
}

LoadedPlugin::~LoadedPlugin() {
  if (started_) entry().deinit();
}

}  // namespace gantry::plugins
