#include "host/app/temporal_link.hpp"

#include <fstream>
#include <sstream>

#include "host/config/secrets.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/workflow/host.hpp"

namespace gantry::app {
namespace {

using observe::Level;

constexpr std::chrono::seconds kServeAgain{5};

std::vector<std::string> keywords() {
  return {std::string(kAttributeSource), std::string(kAttributePriority),
          std::string(kAttributeDocumentId), std::string(kAttributeStatus)};
}

/// The text of a file that configuration named; empty for no name.
Result<std::string> read_pem(const std::string& path) {
  if (path.empty()) return std::string{};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return Error{ErrorKind::kInvalid, "temporal.tls: " + path + " cannot be read"};
  }
  return text.str();
}

bool waits_between(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Result<temporal::ConnectionOptions> connection_options(const config::Config& config) {
  const config::Temporal& from = config.host.temporal;
  temporal::ConnectionOptions options;
  options.address = from.address;
  options.name_space = from.namespace_;
  if (from.metrics_port != 0) {
    // Whoever may read the host's metrics may read the worker's.
    const std::string& admin = config.host.admin_listen;
    options.metrics_address =
        admin.substr(0, admin.rfind(':') + 1) + std::to_string(from.metrics_port);
  }
  if (!from.api_key.empty()) {
    auto key = config::resolve_secret(from.api_key, config.environment);
    if (!key) return key.error();
    options.api_key = std::move(*key);
  }
  auto ca = read_pem(from.tls.ca_file);
  auto certificate = read_pem(from.tls.cert_file);
  auto key = read_pem(from.tls.key_file);
  for (const auto* pem : {&ca, &certificate, &key}) {
    if (!*pem) return pem->error();
  }
  options.tls = {from.tls.enabled, std::move(*ca), std::move(*certificate), std::move(*key),
                 from.tls.server_name};
  return options;
}

temporal::bridge::WorkerOptions worker_options(const config::HostConfig& host) {
  const config::Temporal& from = host.temporal;
  temporal::bridge::WorkerOptions options;
  options.name_space = from.namespace_;
  options.task_queue = from.task_queue;
  options.deployment_name = from.deployment_name;
  options.build_id = from.build_id.empty() ? GANTRY_VERSION : from.build_id;
  options.use_versioning = from.versioning;
  if (from.versioning) {
    options.default_versioning = temporal::bridge::WorkerOptions::Versioning::kPinned;
  }
  options.cached_workflows_max = static_cast<unsigned>(from.sticky_cache_size);
  options.workflow_slots = static_cast<unsigned>(from.workflow_tasks_max);
  options.activity_slots = static_cast<unsigned>(from.activities_max);
  options.local_activity_slots = static_cast<unsigned>(from.local_activities_max);
  options.workflow_pollers = static_cast<unsigned>(from.workflow_pollers);
  options.activity_pollers = static_cast<unsigned>(from.activity_pollers);
  options.graceful_shutdown = from.drain_timeout;
  return options;
}

Result<std::unique_ptr<temporal::EmbeddedServer>> start_engine(const config::HostConfig& host,
                                                               observe::Log& log,
                                                               const std::stop_token& stop) {
  temporal::EmbeddedServerOptions options;
  options.state = std::filesystem::path(host.state_dir) / "temporal";
  options.name_space = host.temporal.namespace_;
  options.port = static_cast<std::uint16_t>(host.temporal.engine_port);
  if (host.temporal.ui_port != 0) {
    options.ui_port = static_cast<std::uint16_t>(host.temporal.ui_port);
  }
  options.keywords = keywords();
  options.log = temporal_log(log);
  return temporal::EmbeddedServer::start(std::move(options), stop);
}

TemporalLink::TemporalLink(const config::Config& config, Parts parts, observe::Log& log)
    : config_(config), parts_(parts), log_(log), workflow_log_(log) {}

TemporalLink::~TemporalLink() { join(); }

void TemporalLink::start(std::function<void(temporal::Client&)> serving,
                         std::function<void(const Error&)> failed) {
  serving_ = std::move(serving);
  failed_ = std::move(failed);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TemporalLink::request_stop() noexcept {
  if (thread_.request_stop()) return;
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) worker->request_stop();
}

void TemporalLink::join() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  client_ = nullptr;
  if (connection_) connection_->close();
  owned_client_.reset();
  connection_.reset();
  engine_.reset();
}

std::string TemporalLink::address() const {
  const std::lock_guard lock(mutex_);
  return address_;
}

void TemporalLink::run(const std::stop_token& stop) {
  auto connected = connect(stop);
  while (connected && !stop.stop_requested()) {
    connected = serve(stop);
    if (connected) return;
    if (!connected.error().retryable()) break;
    log_.write("temporal", Level::kWarn, "worker_ended",
               {{"reason", connected.error().message()}, {"again_in_s", kServeAgain.count()}});
    state_ = State::kConnecting;
    connected = {};
    if (!waits_between(stop, kServeAgain)) return;
  }
  if (connected || stop.stop_requested()) return;
  state_ = State::kFailed;
  log_.write("temporal", Level::kError, "temporal_failed",
             {{"reason", connected.error().message()}});
  failed_(connected.error());
}

Result<void> TemporalLink::connect(const std::stop_token& stop) {
  auto options = connection_options(config_);
  if (!options) return options.error();
  if (options->address.empty()) {
    auto engine = start_engine(config_.host, log_, stop);
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    options->address = engine_->address();
  }
  {
    const std::lock_guard lock(mutex_);
    address_ = options->address;
  }
  auto connection = temporal::Connection::open(std::move(*options), temporal_log(log_), stop);
  if (!connection) return connection.error();
  connection_ = std::move(*connection);
  owned_client_ = std::make_unique<temporal::Client>(*connection_, &parts_.claim_check);
  if (auto known = owned_client_->ensure_keywords(keywords()); !known) {
    log_.write("temporal", Level::kWarn, "search_attributes_missing",
               {{"reason", known.error().message()},
                {"remedy", "create Source, Priority, DocumentId and Status as Keyword"}});
  }
  return {};
}

Result<void> TemporalLink::serve(const std::stop_token& stop) {
  temporal::workflow::HostOptions host_options;
  host_options.namespace_name = config_.host.temporal.namespace_;
  host_options.task_queue = config_.host.temporal.task_queue;
  host_options.log = &workflow_log_;
  host_options.tracer = parts_.tracer;
  host_options.versioned = config_.host.temporal.versioning;
  const auto workflows = temporal::workflow::make_host(parts_.workflows, host_options);

  temporal::WorkerOptions shared;
  shared.core = worker_options(config_.host);
  // What lies on this disk no other host can do, whatever its build.
  temporal::WorkerOptions own = shared;
  own.core.task_queue = home_queue(shared.core.task_queue, parts_.home);
  own.core.use_versioning = false;
  own.core.default_versioning = temporal::bridge::WorkerOptions::Versioning::kUnset;
  own.core.activity_pollers = 1;
  std::vector<std::unique_ptr<temporal::Worker>> workers;
  for (const auto& [options, host] : {std::pair(shared, workflows.get()), {own, nullptr}}) {
    auto made = temporal::Worker::make(
        *connection_, options, {host, &parts_.activities, &parts_.claim_check, parts_.tracer});
    if (!made) return made.error();
    workers.push_back(std::move(*made));
  }
  {
    const std::lock_guard lock(mutex_);
    workers_ = std::move(workers);
  }
  for (const auto& worker : workers_) worker->start();
  state_ = State::kServing;
  if (client_ == nullptr) {
    client_ = owned_client_.get();
    log_.write("temporal", Level::kInfo, "worker_serving",
               {{"address", address()},
                {"namespace", config_.host.temporal.namespace_},
                {"task_queue", shared.core.task_queue},
                {"own_queue", own.core.task_queue},
                {"build_id", shared.core.build_id}});
    serving_(*owned_client_);
  }
  const Result<void> ended = wait_for_end(stop);
  const std::lock_guard lock(mutex_);
  workers_.clear();
  return ended;
}

/// A worker that was refused takes the other one with it.
Result<void> TemporalLink::wait_for_end(const std::stop_token& stop) {
  Result<void> ended;
  {
    const std::stop_callback on_stop(stop, [this] {
      for (const auto& worker : workers_) worker->request_stop();
    });
    ended = workers_.front()->wait();
  }
  if (!stop.stop_requested()) workers_.back()->request_stop();
  const Result<void> own = workers_.back()->wait();
  return ended ? own : ended;
}

}  // namespace gantry::app
