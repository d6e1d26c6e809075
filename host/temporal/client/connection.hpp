#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "host/base/error.hpp"
#include "host/temporal/bridge/core.hpp"

namespace gantry::temporal {

using std::chrono::milliseconds;

/// PEM texts, not paths. TLS is on where `enabled`, or where an API key is given.
struct TlsOptions {
  bool enabled = false;
  std::string ca = {};           ///< Empty: the system's roots.
  std::string certificate = {};  ///< Empty: no client certificate.
  std::string key = {};
  std::string server_name = {};  ///< The name to verify, where it is not the address's.
};

struct ConnectionOptions {
  std::string address = "127.0.0.1:7233";
  std::string name_space = "default";
  std::string identity = {};  ///< Shown in histories; empty: "<pid>@<host>".
  TlsOptions tls = {};
  std::string api_key = {};
  bool gzip = false;  ///< Pays over slow links, costs CPU on fast ones.
  milliseconds call_timeout{10'000};
  milliseconds connect_patience{0};  ///< How long to keep trying; zero: until stopped.
  milliseconds retry_pause_max{2'000};
  unsigned core_threads = 1;
  milliseconds worker_heartbeat{0};  ///< How often workers report themselves to the server.
  std::string metrics_address = {};  ///< "127.0.0.1:8078" serves Core's own metrics.
  std::string log_filter = "warn";   ///< For Core's own lines.
};

/// One connection to a Temporal service, with Core's threads behind it. Outlives the clients and
/// workers made with it. [any-thread]
class Connection {
 public:
  /// Waits until the service answers. While it is away: one line `temporal_unreachable`, and one
  /// `temporal_connected` when it came. Fails at once where waiting cannot help (refused
  /// credentials, a bad address), with kCancelled where `stop` asks, and with the last error after
  /// `connect_patience`. [blocking]
  static Result<std::unique_ptr<Connection>> open(ConnectionOptions options, LogSink log,
                                                  const std::stop_token& stop = {});
  ~Connection();

  /// Ends calls in flight, and all later ones, with kCancelled. Workers are not touched.
  void close() noexcept;

  const ConnectionOptions& options() const noexcept { return options_; }
  const LogSink& log() const noexcept { return log_; }
  bridge::Runtime& runtime() noexcept { return *runtime_; }
  bridge::Client& core() noexcept { return *client_; }

 private:
  Connection(ConnectionOptions options, LogSink log)
      : options_(std::move(options)), log_(std::move(log)) {}
  Result<void> connect(const std::stop_token& stop);

  ConnectionOptions options_;
  LogSink log_;
  std::unique_ptr<bridge::Runtime> runtime_;
  std::unique_ptr<bridge::Client> client_;
};

}  // namespace gantry::temporal
