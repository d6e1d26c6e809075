#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/temporal/bridge/log.hpp"

struct gb_runtime;
struct gb_client;
struct gb_worker;
struct gb_feeder;

/// Owning C++ handles over the C ABI of bridge.h; still bytes, still no policy.
namespace gantry::temporal::bridge {

using std::chrono::milliseconds;

/// Zero, a gRPC code (1 to 16), or one of these.
inline constexpr int kOk = 0;
inline constexpr int kAlreadyExists = 6;
inline constexpr int kShutdown = 100;
inline constexpr int kMalformed = 101;

/// Comes exactly once, on one of Core's threads; views live for the call. Must be quick.
using Done = std::function<void(int status, std::string_view bytes, std::string_view message)>;

/// What a call came back with, where somebody waited for it.
struct Answer {
  int status = kOk;
  std::string bytes;    ///< The message, or google.rpc.Status of an error.
  std::string message;  ///< The other side's words.
};

/// The kind of failure a status other than kOk means. [any-thread]
ErrorKind kind_of(int status) noexcept;

struct RuntimeOptions {
  unsigned threads = 1;              ///< Core needs little; its own work is network waiting.
  milliseconds worker_heartbeat{0};  ///< How often workers report themselves; zero for never.
  std::string log_filter = "warn";   ///< tracing filter for Core's own lines; empty for none.
  std::string metrics_address;       ///< "127.0.0.1:8078" serves Core's /metrics; empty: none.
  LogSink log;
};

/// Core's threads. Outlives every client and worker made with it.
class Runtime {
 public:
  /// kInvalid where the metrics address cannot be served.
  static Result<std::unique_ptr<Runtime>> make(RuntimeOptions options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  gb_runtime* raw() const noexcept { return raw_; }

 private:
  explicit Runtime(LogSink log) : log_(std::move(log)) {}

  LogSink log_;
  gb_runtime* raw_ = nullptr;
};

struct ClientOptions {
  std::string url;  ///< "http://host:port" or "https://host:port".
  std::string identity;
  std::string client_name;
  std::string client_version;
  std::string tls_ca, tls_cert, tls_key, tls_server_name;  ///< PEM texts; empty for none.
  std::string api_key;
  milliseconds connect_timeout{5'000};
  bool gzip = false;
  milliseconds retry_initial{100};
  milliseconds retry_interval_max{5'000};
  milliseconds retry_elapsed_max{10'000};  ///< Zero: without end.
  unsigned retry_attempts_max = 10;        ///< Zero: without end.
};

enum class Service { kWorkflow = 1, kOperator = 2, kHealth = 3 };

/// One connection. [any-thread]
class Client {
 public:
  /// One try; kUnavailable where nobody answers. [blocking]
  static Result<std::unique_ptr<Client>> connect(Runtime& runtime, const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `method` in snake case. Zero `timeout` means the connection's default. [any-thread]
  void call(Service service, std::string_view method, std::string_view request,
            milliseconds timeout, bool retry, Done done);
  /// The same, waiting. [blocking]
  Answer call(Service service, std::string_view method, std::string_view request,
              milliseconds timeout, bool retry = true);
  /// Ends all calls, now and later, with kCancelled.
  void cancel_calls() noexcept;

  gb_client* raw() const noexcept { return raw_; }

 private:
  explicit Client(gb_client* raw) : raw_(raw) {}

  gb_client* raw_;
};

struct WorkerOptions {
  std::string name_space = "default";
  std::string task_queue;
  std::string deployment_name;  ///< Empty: unversioned.
  std::string build_id;
  bool use_versioning = false;  ///< Take only tasks of this deployment version.
  enum class Versioning { kUnset = 0, kPinned = 1, kAutoUpgrade = 2 };
  Versioning default_versioning = Versioning::kUnset;
  bool workflows = true;
  bool local_activities = true;
  bool remote_activities = true;
  unsigned cached_workflows_max = 1'000;
  unsigned workflow_slots = 100;
  unsigned activity_slots = 100;
  unsigned local_activity_slots = 100;
  unsigned workflow_pollers = 5;
  unsigned activity_pollers = 5;
  bool poller_autoscaling = false;  ///< Then the numbers above are upper bounds.
  unsigned eager_activities_max = 3;
  milliseconds sticky_timeout{10'000};
  milliseconds graceful_shutdown{30'000};
  milliseconds heartbeat_throttle_max{60'000};
  milliseconds heartbeat_throttle_default{30'000};
  double worker_activities_per_second = 0;  ///< Zero: no limit.
  double queue_activities_per_second = 0;   ///< Zero: no limit.
};

/// Core's side of a worker. [any-thread]
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> make(Runtime& runtime, Client& client,
                                              const WorkerOptions& options);
  /// A worker over histories; `feeder` receives the other end.
  static Result<std::unique_ptr<Worker>> make_replay(Runtime& runtime, const WorkerOptions& options,
                                                     std::unique_ptr<class Feeder>& feeder);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// kNotFound where the namespace is missing. [blocking]
  Result<void> validate();
  /// One outstanding call each; kShutdown ends the series.
  void poll_workflow(Done done);
  void poll_activity(Done done);
  void complete_workflow(std::string_view completion, Done done);
  void complete_activity(std::string_view completion, Done done);
  bool record_heartbeat(std::string_view heartbeat);
  void request_eviction(std::string_view run_id);
  /// Ends the polls, before it returns itself; another thread's finalize() waits for it.
  void initiate_shutdown() noexcept;
  /// After both polls ended and every completion's callback came; then only destruction. The
  /// destructor does it for a worker that was never polled. [blocking]
  Result<void> finalize();

 private:
  explicit Worker(gb_worker* raw) : raw_(raw) {}

  std::mutex ending_;
  gb_worker* raw_;
};

/// Feeds histories to a replay worker; destruction ends the series.
class Feeder {
 public:
  explicit Feeder(gb_feeder* raw) : raw_(raw) {}
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  /// `history` is a serialized temporal.api.history.v1.History. [any-thread]
  void feed(std::string_view workflow_id, std::string_view history, Done done);

 private:
  gb_feeder* raw_;
};

}  // namespace gantry::temporal::bridge
