#include "host/temporal/client/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::temporal {
namespace {

// Announced with every call; the server refuses names and versions that it knows to be too old.
constexpr char kClientName[] = "temporal-cpp-gantry";
constexpr char kClientVersion[] = "0.1.0";

std::string default_identity() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::to_string(::getpid()) + '@' + host.data();
}

bridge::ClientOptions client_options(const ConnectionOptions& from) {
  bridge::ClientOptions to;
  const bool secure = from.tls.enabled || !from.api_key.empty();
  to.url = (secure ? "https://" : "http://") + from.address;
  to.identity = from.identity;
  to.client_name = kClientName;
  to.client_version = kClientVersion;
  to.tls_ca = from.tls.ca;
  to.tls_cert = from.tls.certificate;
  to.tls_key = from.tls.key;
  to.tls_server_name = from.tls.server_name;
  to.api_key = from.api_key;
  to.gzip = from.gzip;
  return to;
}

/// Sleeps for `pause` unless `stop` asks first; true where it asked.
bool stopped_within(const std::stop_token& stop, milliseconds pause) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, pause, [] { return false; });
  return stop.stop_requested();
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(ConnectionOptions options, LogSink log,
                                                     const std::stop_token& stop) {
  if (options.identity.empty()) options.identity = default_identity();
  if (!log) log = [](const LogLine&) {};
  std::unique_ptr<Connection> connection(new Connection(std::move(options), std::move(log)));
  const auto& chosen = connection->options_;
  auto runtime = bridge::Runtime::make({.threads = chosen.core_threads,
                                        .worker_heartbeat = chosen.worker_heartbeat,
                                        .log_filter = chosen.log_filter,
                                        .metrics_address = chosen.metrics_address,
                                        .log = connection->log_});
  if (!runtime) return runtime.error();
  connection->runtime_ = std::move(*runtime);
  const auto connected = connection->connect(stop);
  if (!connected) return connected.error();
  return connection;
}

Result<void> Connection::connect(const std::stop_token& stop) {
  const auto raw = client_options(options_);
  const auto started = std::chrono::steady_clock::now();
  milliseconds pause{100};
  bool said = false;
  for (;;) {
    auto client = bridge::Client::connect(*runtime_, raw);
    if (client) {
      client_ = std::move(*client);
      log_({LogLevel::kInfo, "temporal.client", "temporal_connected",
            dump_json({{"address", options_.address}, {"namespace", options_.name_space}})});
      return {};
    }
    Error error = client.error();
    error.what = "temporal at " + options_.address + " did not answer";
    if (!error.retryable()) return error;
    const auto waited = std::chrono::steady_clock::now() - started;
    if (options_.connect_patience > milliseconds(0) && waited >= options_.connect_patience) {
      return error;
    }
    if (!said) {
      said = true;
      log_({LogLevel::kWarn, "temporal.client", "temporal_unreachable",
            dump_json({{"address", options_.address},
                       {"reason", error.upstream},
                       {"action", "retrying"}})});
    }
    if (stopped_within(stop, pause)) {
      return Error{ErrorKind::kCancelled, error.what, error.upstream};
    }
    pause = std::min(pause * 2, options_.retry_pause_max);
  }
}

Connection::~Connection() = default;

void Connection::close() noexcept { client_->cancel_calls(); }

}  // namespace gantry::temporal
