#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/app/logging.hpp"
#include "host/config/config.hpp"
#include "host/temporal/activity/registry.hpp"
#include "host/temporal/client/client.hpp"
#include "host/temporal/engine/embedded_server.hpp"
#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/registry.hpp"

namespace gantry::app {

/// Options of the connection and worker as configuration has them; secrets resolved. The address
/// stays empty for the embedded engine.
Result<temporal::ConnectionOptions> connection_options(const config::Config& config);
temporal::bridge::WorkerOptions worker_options(const config::HostConfig& host);

/// Starts the embedded engine under the state directory. [blocking]
Result<std::unique_ptr<temporal::EmbeddedServer>> start_engine(const config::HostConfig& host,
                                                               observe::Log& log,
                                                               const std::stop_token& stop);

/// The host's tie to Temporal: the engine where none is configured, one connection, the client and
/// the worker. Comes up on a thread of its own, so that the door is open before, and stays open
/// while, Temporal is away.
class TemporalLink {
 public:
  struct Parts {
    const temporal::workflow::Registry& workflows;
    const temporal::activity::Registry& activities;
    const temporal::ClaimCheck& claim_check;
    const std::string& home;  ///< This host's name: it serves a queue of its own beside the shared.
    observe::Tracer* tracer = nullptr;  ///< Null: nothing is traced.
  };
  enum class State { kConnecting, kServing, kFailed };

  /// All outlive it.
  TemporalLink(const config::Config& config, Parts parts, observe::Log& log);
  /// Stops.
  ~TemporalLink();

  /// `serving` runs once, on the link's thread, when the worker polls; `failed` where waiting
  /// cannot help (no engine program, refused credentials, missing namespace). [main]
  void start(std::function<void(temporal::Client&)> serving,
             std::function<void(const Error&)> failed);
  /// Drains the worker; a second call, from another thread, ends what still runs. [any-thread]
  void request_stop() noexcept;
  /// Waits for the end, then closes the connection and the engine. [main]
  void join();

  State state() const noexcept { return state_; }
  /// Null before it serves; valid until join(). [any-thread]
  temporal::Client* client() const noexcept { return client_; }
  /// Of the server, for operators; empty before it is known. [any-thread]
  std::string address() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> connect(const std::stop_token& stop);
  Result<void> serve(const std::stop_token& stop);
  Result<void> wait_for_end(const std::stop_token& stop);

  const config::Config& config_;
  const Parts parts_;
  observe::Log& log_;
  WorkflowLog workflow_log_;
  std::function<void(temporal::Client&)> serving_;
  std::function<void(const Error&)> failed_;

  std::unique_ptr<temporal::EmbeddedServer> engine_;
  std::unique_ptr<temporal::Connection> connection_;
  std::unique_ptr<temporal::Client> owned_client_;
  std::atomic<temporal::Client*> client_{nullptr};
  std::atomic<State> state_{State::kConnecting};

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<temporal::Worker>>
      workers_;  ///< Of the shared queue; of this host's.
  std::string address_;

  std::jthread thread_;
};

}  // namespace gantry::app
