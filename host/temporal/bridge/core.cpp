#include "host/temporal/bridge/core.hpp"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <future>

#include "host/base/assert.hpp"
#include "host/temporal/bridge/bridge.h"

#if defined(__has_feature) && __has_feature(thread_sanitizer)
/// Read by ThreadSanitizer at the start: Rust is not instrumented, so what it does with memory
/// looks unordered. In such builds the bridge is a library of its own.
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libgantry_bridge.so\n";
}
#endif

namespace gantry::temporal::bridge {
namespace {

gb_span span(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string_view view(gb_span bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

std::uint32_t millis(milliseconds value) {
  GANTRY_ASSERT(value.count() >= 0 && value.count() <= UINT32_MAX);
  return static_cast<std::uint32_t>(value.count());
}

/// A value on its way through Core's threads. Core orders the hand-over itself; the flag makes that
/// visible to ThreadSanitizer, which does not see into Rust.
template <class T>
struct Crossing {
  T value;
  std::atomic<bool> sent{false};

  void* send() {
    sent.store(true, std::memory_order_release);
    return this;
  }
  static Crossing& received(void* context) {
    auto& crossing = *static_cast<Crossing*>(context);
    GANTRY_ASSERT(crossing.sent.load(std::memory_order_acquire));
    return crossing;
  }
};

void finish(void* context, std::int32_t status, gb_span bytes, gb_span message) {
  const std::unique_ptr<Crossing<Done>> crossing(&Crossing<Done>::received(context));
  crossing->value(status, view(bytes), view(message));
}

void* context_of(Done done) {
  auto crossing = std::make_unique<Crossing<Done>>();
  crossing->value = std::move(done);
  return crossing.release()->send();
}

/// Starts a call with a Done and waits for its answer.
Answer wait_for(const std::function<void(Done)>& start) {
  std::promise<Answer> promise;
  auto future = promise.get_future();
  start([&promise](int status, std::string_view bytes, std::string_view message) {
    promise.set_value({status, std::string(bytes), std::string(message)});
  });
  return future.get();
}

Result<void> outcome(const Answer& answer, std::string what) {
  if (answer.status == kOk) return {};
  return Error{kind_of(answer.status), std::move(what), answer.message};
}

gb_worker_options raw_options(const WorkerOptions& from) {
  gb_worker_options to{};
  to.name_space = span(from.name_space);
  to.task_queue = span(from.task_queue);
  to.deployment_name = span(from.deployment_name);
  to.build_id = span(from.build_id);
  to.use_versioning = from.use_versioning;
  to.default_versioning = static_cast<std::uint32_t>(from.default_versioning);
  to.workflows = from.workflows;
  to.local_activities = from.local_activities;
  to.remote_activities = from.remote_activities;
  to.cached_workflows_max = from.cached_workflows_max;
  to.workflow_slots = from.workflow_slots;
  to.activity_slots = from.activity_slots;
  to.local_activity_slots = from.local_activity_slots;
  to.workflow_pollers = from.workflow_pollers;
  to.activity_pollers = from.activity_pollers;
  to.poller_autoscaling = from.poller_autoscaling;
  to.eager_activities_max = from.eager_activities_max;
  to.sticky_timeout_ms = millis(from.sticky_timeout);
  to.graceful_shutdown_ms = millis(from.graceful_shutdown);
  to.heartbeat_throttle_max_ms = millis(from.heartbeat_throttle_max);
  to.heartbeat_throttle_default_ms = millis(from.heartbeat_throttle_default);
  to.worker_activities_per_second = from.worker_activities_per_second;
  to.queue_activities_per_second = from.queue_activities_per_second;
  return to;
}

void forward_log(void* context, std::uint32_t level, gb_span target, gb_span message,
                 gb_span fields) {
  const auto& log = *static_cast<const LogSink*>(context);
  log({static_cast<LogLevel>(level), view(target), view(message), view(fields)});
}

}  // namespace

ErrorKind kind_of(int status) noexcept {
  switch (status) {
    case 1:
      return ErrorKind::kCancelled;
    case 3:
      return ErrorKind::kInvalid;  // INVALID_ARGUMENT
    case 4:
      return ErrorKind::kTimeout;  // DEADLINE_EXCEEDED
    case 5:
      return ErrorKind::kNotFound;  // NOT_FOUND
    case 6:
      return ErrorKind::kConflict;  // ALREADY_EXISTS
    case 7:
      return ErrorKind::kDenied;  // PERMISSION_DENIED
    case 8:
      return ErrorKind::kUnavailable;  // RESOURCE_EXHAUSTED: theirs, not ours; try later.
    case 9:
      return ErrorKind::kInvalid;  // FAILED_PRECONDITION
    case 10:
      return ErrorKind::kUnavailable;  // ABORTED
    case 11:
      return ErrorKind::kInvalid;  // OUT_OF_RANGE
    case 12:
      return ErrorKind::kUnsupported;  // UNIMPLEMENTED
    case 16:
      return ErrorKind::kDenied;  // UNAUTHENTICATED
    case kShutdown:
      return ErrorKind::kCancelled;
    case kMalformed:
    case GB_PANIC:
      return ErrorKind::kInternal;
    default:
      return ErrorKind::kUnavailable;  // UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS
  }
}

namespace {

/// Blocks SIGPIPE on this thread, and so on the threads made meanwhile. A Rust program ignores it,
/// and Core counts on that: over TLS it writes with writev, which raises it when the server is
/// gone.
class NoPipeSignal {
 public:
  NoPipeSignal() noexcept {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~NoPipeSignal() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::make(RuntimeOptions options) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(options.log)));
  gb_runtime_options raw{};
  raw.threads = options.threads;
  raw.worker_heartbeat_ms = millis(options.worker_heartbeat);
  raw.log_filter = span(options.log_filter);
  raw.metrics_address = span(options.metrics_address);
  raw.log = runtime->log_ ? &forward_log : nullptr;
  raw.log_context = &runtime->log_;
  gb_error error{};
  {
    const NoPipeSignal inherited_by_cores_threads;
    runtime->raw_ = gb_runtime_new(&raw, &error);
  }
  if (runtime->raw_ == nullptr) {
    return Error{ErrorKind::kInvalid, "Temporal Core did not start", error.text};
  }
  return runtime;
}

Runtime::~Runtime() { gb_runtime_free(raw_); }

Result<std::unique_ptr<Client>> Client::connect(Runtime& runtime, const ClientOptions& options) {
  gb_client_options raw{};
  raw.url = span(options.url);
  raw.identity = span(options.identity);
  raw.client_name = span(options.client_name);
  raw.client_version = span(options.client_version);
  raw.tls_ca = span(options.tls_ca);
  raw.tls_cert = span(options.tls_cert);
  raw.tls_key = span(options.tls_key);
  raw.tls_server_name = span(options.tls_server_name);
  raw.api_key = span(options.api_key);
  raw.connect_timeout_ms = millis(options.connect_timeout);
  raw.gzip = options.gzip;
  raw.retry_initial_ms = millis(options.retry_initial);
  raw.retry_interval_max_ms = millis(options.retry_interval_max);
  raw.retry_elapsed_max_ms = millis(options.retry_elapsed_max);
  raw.retry_attempts_max = options.retry_attempts_max;

  using Connected = Result<std::unique_ptr<Client>>;
  Crossing<std::promise<Connected>> promise;
  auto future = promise.value.get_future();
  gb_client_connect(
      runtime.raw(), &raw,
      [](void* context, gb_client* client, std::int32_t status, gb_span message) {
        auto& result = Crossing<std::promise<Connected>>::received(context).value;
        if (client == nullptr) {
          result.set_value(Error{kind_of(status == GB_MALFORMED ? 3 : status),
                                 "Temporal did not answer", std::string(view(message))});
        } else {
          result.set_value(std::unique_ptr<Client>(new Client(client)));
        }
      },
      promise.send());
  return future.get();
}

Client::~Client() { gb_client_free(raw_); }

void Client::call(Service service, std::string_view method, std::string_view request,
                  milliseconds timeout, bool retry, Done done) {
  gb_client_rpc(raw_, static_cast<std::uint32_t>(service), span(method), span(request),
                millis(timeout), retry, &finish, context_of(std::move(done)));
}

Answer Client::call(Service service, std::string_view method, std::string_view request,
                    milliseconds timeout, bool retry) {
  return wait_for(
      [&](Done done) { call(service, method, request, timeout, retry, std::move(done)); });
}

void Client::cancel_calls() noexcept { gb_client_cancel_calls(raw_); }

Result<std::unique_ptr<Worker>> Worker::make(Runtime& runtime, Client& client,
                                             const WorkerOptions& options) {
  const auto raw = raw_options(options);
  gb_error error{};
  auto* worker = gb_worker_new(runtime.raw(), client.raw(), &raw, &error);
  if (worker == nullptr) {
    return Error{ErrorKind::kInvalid, "worker on task queue '" + options.task_queue + "'",
                 error.text};
  }
  return std::unique_ptr<Worker>(new Worker(worker));
}

Result<std::unique_ptr<Worker>> Worker::make_replay(Runtime& runtime, const WorkerOptions& options,
                                                    std::unique_ptr<Feeder>& feeder) {
  const auto raw = raw_options(options);
  gb_error error{};
  gb_feeder* raw_feeder = nullptr;
  auto* worker = gb_replay_worker_new(runtime.raw(), &raw, &raw_feeder, &error);
  if (worker == nullptr) return Error{ErrorKind::kInvalid, "replay worker", error.text};
  feeder = std::make_unique<Feeder>(raw_feeder);
  return std::unique_ptr<Worker>(new Worker(worker));
}

Worker::~Worker() {
  if (raw_ == nullptr) return;
  // Only ending it takes a worker out of Core's registry.
  initiate_shutdown();
  static_cast<void>(finalize());
}

Result<void> Worker::validate() {
  return outcome(
      wait_for([&](Done done) { gb_worker_validate(raw_, &finish, context_of(std::move(done))); }),
      "worker could not ask for its namespace");
}

void Worker::poll_workflow(Done done) {
  gb_worker_poll_workflow(raw_, &finish, context_of(std::move(done)));
}

void Worker::poll_activity(Done done) {
  gb_worker_poll_activity(raw_, &finish, context_of(std::move(done)));
}

void Worker::complete_workflow(std::string_view completion, Done done) {
  gb_worker_complete_workflow(raw_, span(completion), &finish, context_of(std::move(done)));
}

void Worker::complete_activity(std::string_view completion, Done done) {
  gb_worker_complete_activity(raw_, span(completion), &finish, context_of(std::move(done)));
}

bool Worker::record_heartbeat(std::string_view heartbeat) {
  return gb_worker_record_heartbeat(raw_, span(heartbeat)) == GB_OK;
}

void Worker::request_eviction(std::string_view run_id) {
  gb_worker_request_eviction(raw_, span(run_id));
}

void Worker::initiate_shutdown() noexcept {
  const std::lock_guard lock(ending_);
  if (raw_ != nullptr) gb_worker_initiate_shutdown(raw_);
}

Result<void> Worker::finalize() {
  gb_worker* worker = nullptr;
  {
    const std::lock_guard lock(ending_);
    worker = std::exchange(raw_, nullptr);
  }
  return outcome(wait_for([&](Done done) {
                   gb_worker_finalize(worker, &finish, context_of(std::move(done)));
                 }),
                 "worker did not end cleanly");
}

Feeder::~Feeder() { gb_feeder_free(raw_); }

void Feeder::feed(std::string_view workflow_id, std::string_view history, Done done) {
  gb_feeder_feed(raw_, span(workflow_id), span(history), &finish, context_of(std::move(done)));
}

}  // namespace gantry::temporal::bridge
