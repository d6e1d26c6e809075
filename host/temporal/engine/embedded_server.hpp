#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/temporal/bridge/log.hpp"

namespace gantry::temporal {

struct EmbeddedServerOptions {
  /// The `temporal` executable; empty: searched, see find_temporal().
  std::filesystem::path executable = {};
  std::filesystem::path state;  ///< Holds temporal.db and temporal.log; created where missing.
  std::string name_space = "default";
  std::uint16_t port = 7233;
  std::optional<std::uint16_t> ui_port = {};
  std::optional<std::uint16_t> metrics_port = {};
  std::vector<std::string> keywords = {};  ///< Search attributes of type Keyword.
  std::vector<std::pair<std::string, std::string>> dynamic_config = {};
  std::chrono::seconds start_patience{60};
  std::chrono::seconds stop_patience{10};
  /// Called while it waits for the server, about twice a second, with the time waited.
  std::function<void(std::chrono::milliseconds)> progress = {};
  LogSink log = {};
};

/// The official Temporal development server as a child process with a database file: the engine
/// where no Temporal address is configured.
///
/// It ends with this process, however that ends. Where it dies by itself it is started again with
/// growing pauses, and one line says so. Its data outlives both. One process per state folder. It
/// calls nobody: its check for newer versions is off.
class EmbeddedServer {
 public:
  /// Starts it and waits until it serves. kNotFound: no executable; kConflict: the state folder or
  /// the port is taken; kTimeout; kCancelled where `stop` asked. [blocking]
  static Result<std::unique_ptr<EmbeddedServer>> start(EmbeddedServerOptions options,
                                                       const std::stop_token& stop = {});
  /// Asks it to end, then makes it. [blocking]
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  std::string address() const;
  /// Of the process that runs now; changes when it was started again. [any-thread]
  int pid() const noexcept;

 private:
  class Impl;
  explicit EmbeddedServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Where the executable is: `wanted` where it is given, else on PATH, else where tools/setup.sh
/// installs it (`${GANTRY_CACHE:-~/.cache/gantry}/temporal/bin/temporal`). kNotFound names all
/// three.
Result<std::filesystem::path> find_temporal(const std::filesystem::path& wanted = {});

}  // namespace gantry::temporal
