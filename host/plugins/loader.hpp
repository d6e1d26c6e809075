#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/net/request_gate.hpp"
#include "host/plugins/abi/sink.hpp"
#include "host/plugins/ports.hpp"
#include "host/plugins/refusal.hpp"
#include "host/plugins/registry.hpp"

namespace gantry::plugins {

class Library;
class LoadedPlugin;
struct Manifest;

/// One source as the configuration wants it.
struct SourceRequest {
  std::string source_id;                  ///< [a-z0-9_.-]{1,64}
  std::filesystem::path file;             ///< Absolute.
  std::string config_json = "{}";         ///< The plugin's own settings, secrets as references.
  std::vector<std::string> egress;        ///< host, host:port, *.domain
  std::optional<std::string> sha256;      ///< Hex; set: only these bytes are loaded.
  std::string origin;                     ///< "conf.d/50-front.toml:3", for messages.
  std::string expected_plugin_id;         ///< Empty: whatever the file is.
  std::vector<std::string> capabilities;  ///< What the configuration needs of it.
  abi::Quota quota = {};
  std::shared_ptr<net::RequestGate> gate;  ///< Outlives reloads; null: no limits.
};

/// A source that was not loaded. `message` is one line: origin, source, file, reason, remedy.
struct Refusal {
  std::string source_id;
  std::string file;
  RefusalKind kind = RefusalKind::kLoadFailed;
  std::string message;
};

enum class OnRefusal {
  kGoOn,  ///< The other sources run.
  kStop,  ///< `--strict`: all are tried, so that every refusal is told, and none runs.
};

struct LoadOutcome {
  std::unique_ptr<Registry> registry;  ///< Null only with kStop and a refusal.
  std::vector<Refusal> refusals;
};

/// Finds, judges and starts plugins. Lives as long as the process: a reload calls load_all again
/// and a plugin that both configurations use is started once. [main]
class Loader {
 public:
  explicit Loader(HostPorts ports);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// [blocking]
  LoadOutcome load_all(const std::vector<SourceRequest>& requests,
                       OnRefusal on_refusal = OnRefusal::kGoOn);

 private:
  struct Batch;  // what one load_all has seen so far

  Checked<std::unique_ptr<Source>> load(const SourceRequest& request, Batch& batch);
  /// What must hold of the manifest, checked on the note before any code of the file runs.
  Checked<void> judge(const Manifest& manifest, const std::string& file,
                      const SourceRequest& request, const Batch& batch) const;

  const HostPorts ports_;
  std::map<const Library*, std::weak_ptr<LoadedPlugin>> started_;
};

}  // namespace gantry::plugins
