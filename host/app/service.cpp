#include "host/app/service.hpp"

#include <charconv>
#include <filesystem>

#include "host/app/state_dir.hpp"
#include "host/workflows/workflows.hpp"

namespace gantry::app {
namespace {

using observe::Level;

constexpr std::chrono::minutes kSweepPause{1};
constexpr std::size_t kRoundsPerSweep = 60;
/// Of a source that a reload took away while its call was on the way.
constexpr std::chrono::milliseconds kCallTimeout{30'000};
/// Above the retention of a namespace (30 days at most by default) plus the longest run.
constexpr std::chrono::hours kPayloadAge{60 * 24};

/// "127.0.0.1:8080" as configuration checked it.
void set_address(ingress::HttpOptions& options, const std::string& listen) {
  const auto colon = listen.rfind(':');
  options.address = listen.substr(0, colon);
  if (options.address.starts_with('[')) {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), options.port);
}

}  // namespace

Result<std::unique_ptr<Service>> Service::open(const config::Config& config, observe::Log& log) {
  std::unique_ptr<Service> service(new Service(config, log));
  if (auto opened = service->open_parts(); !opened) return opened.error();
  if (auto made = service->make_doors(); !made) return made.error();
  return service;
}

Service::~Service() { stop(); }

Result<void> Service::open_parts() {
  if (auto opened = open_tracing(); !opened) return opened.error();
  const std::filesystem::path state = config_.host.state_dir;
  if (auto made = make_private_folder(state); !made) return made.error();

  open_rollout();
  if (auto opened = open_stores(); !opened) return opened.error();
  if (auto opened = open_models(); !opened) return opened.error();
  saga_ = std::make_unique<stores::saga::Saga>(
      stores::saga::SagaPorts{{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
                              &stores_->cache(),
                              &stores_->saga_log(),
                              &stores_->dead_letters()});
  const auto resumed = saga_->resume();
  if (!resumed) return resumed.error();
  if (resumed->completed + resumed->undone + resumed->waiting > 0) {
    log_.write("stores", Level::kInfo, "sagas_resumed",
               {{"completed", resumed->completed},
                {"undone", resumed->undone},
                {"waiting", resumed->waiting}});
  }
  if (auto checked = check_vectors(); !checked) return checked.error();

  const std::string& shared = config_.host.temporal.payload_dir;
  auto payloads = temporal::FilePayloadStore::open(shared.empty() ? state / "payloads"
                                                                  : std::filesystem::path(shared));
  if (!payloads) return payloads.error();
  payloads_ = std::move(*payloads);
  claim_check_.emplace(*payloads_);

  ingress::InboxOptions inbox_options;
  inbox_options.directory = state / "inbox";
  inbox_options.log = ingress_log(log_, "inbox");
  auto inbox = ingress::Inbox::open(std::move(inbox_options));
  if (!inbox) return inbox.error();
  inbox_ = std::move(*inbox);
  ledger_.emplace(*inbox_);

  auto sources = Sources::load(config_, log_, {}, [this](const plugins::Source& source) {
    return source_metrics_.meter(source);
  });
  if (!sources) return sources.error();
  sources_ = std::move(*sources);
  source_metrics_.announce(*sources_->now());

  stages_.emplace(activities::StagePorts{
      stores_->staging(), *saga_, stores_->dead_letters(), models_->extractor(),
      models_->embedder(),
      [this](const activities::SagaCall& call) { source_metrics_.written(call); }});
  const activities::FlowPorts flow_ports{
      [this](std::string_view name) { return sources_->get(name); },
      [this](std::string_view name) { return call_timeout(name); }, stores_->staging(),
      stores_->dead_letters(),
      [this](std::string_view source, Instant at) { source_metrics_.newest(source, at); }};
  webhooks_.emplace(activities::WebhookPorts{
      flow_ports.find_source, flow_ports.call_timeout, *ledger_, stores_->staging(),
      stores_->dead_letters(), [this](std::string_view source, std::string_view outcome) {
        source_metrics_.read(source, outcome);
      }});
  auto rooms =
      files::Rooms::open({state / "files.db", &system_clock(), ingress_log(log_, "files")});
  if (!rooms) return rooms.error();
  rooms_ = std::move(*rooms);
  poller_.emplace(flow_ports);
  streams_.emplace(flow_ports);
  file_reader_.emplace(flow_ports, *rooms_);
  workflows::register_all(workflows_);
  activities::Counters counters = source_metrics_.counters();
  counters.ended = [this](rollout::Path path, std::string_view outcome, Instant received_at) {
    rollout_->ended(path, outcome, received_at);
  };
  counters.decided = [this](rollout::Path path, std::string_view document) {
    rollout_->decided(path, document);
  };
  activities::register_all(activities_, *stages_, *webhooks_, counters, stores_->staging().home());
  activities::register_flows(activities_, *poller_, *streams_, &*file_reader_, counters,
                             [this] { return rollout_->percentage(); });
  direct_.emplace(direct_ports(counters));
  paths_.emplace(*rollout_, *direct_, [this] { return workflow_starter(); });
  link_.emplace(config_,
                TemporalLink::Parts{workflows_, activities_, *claim_check_,
                                    stores_->staging().home(), tracer()},
                log_);
  return {};
}

Result<void> Service::open_tracing() {
  if (!config_.host.tracing.enabled) return {};
  auto tracing = Tracing::open(config_.host.tracing, log_);
  if (!tracing) return tracing.error();
  tracing_ = std::move(*tracing);
  return {};
}

Result<void> Service::make_doors() {
  const config::Ingress& from = config_.host.ingress;
  ingress::ListenerOptions options;
  set_address(options.http, from.listen);
  options.http.log = ingress_log(log_, "ingress");
  options.http.limits.header_bytes_max = from.header_bytes_max;
  options.http.limits.in_flight_bytes_max = from.in_flight_bytes_max;
  options.http.limits.connections_max = static_cast<std::size_t>(from.connections_max);
  options.http.limits.connections_per_address_max =
      static_cast<std::size_t>(from.connections_per_address_max);
  options.http.limits.idle_timeout = from.idle_timeout;
  options.http.limits.request_timeout = from.request_timeout;
  options.body_bytes_max = from.body_bytes_max;
  options.public_url = from.public_url;
  options.tracer = tracer();
  options.on_answered = [this](std::string_view source, std::chrono::nanoseconds time) {
    source_metrics_.answered(source, time);
  };
  nudge_.emplace([this](const std::string& source) { poll_for_key(source); });
  options.on_rejected = [this](std::string_view source, std::string_view reason) {
    nudge_->refused(source, reason);
  };
  listener_.emplace(std::move(options), *sources_, *inbox_);

  console::AdminOptions admin;
  set_address(admin.http, config_.host.admin_listen);
  admin.http.log = ingress_log(log_, "admin");
  admin_.emplace(std::move(admin));
  add_metrics();
  add_source_metrics();
  add_routes();
  return {};
}

Result<void> Service::start() {
  reconciler_.emplace(reconcile_ports());  // before the first request that may ask it
  if (auto opened = admin_->start(); !opened) return opened.error();
  started_ = true;
  if (auto opened = listener_->start(); !opened) return opened.error();
  log_.write("host", Level::kInfo, "doors_open",
             {{"ingress", config_.host.ingress.listen},
              {"ingress_port", listener_->port()},
              {"admin", config_.host.admin_listen},
              {"admin_port", admin_->port()},
              {"sources", sources_->now()->loaded()},
              {"refused", sources_->now()->refusals().size()}});
  janitor_ = std::jthread([this](const std::stop_token& stop) { sweep(stop); });
  queue_watch_.emplace(metrics_, [this](temporal::TaskKind kind) { return backlog(kind); });
  if (auto known = direct_->recall(); !known) return known.error();
  ingress::DispatcherOptions options;
  options.log = ingress_log(log_, "dispatcher");
  options.tracer = tracer();
  dispatcher_.emplace(*inbox_, *paths_, std::move(options));
  dispatcher_->start();
  rollout_->on_change([this] { dispatcher_->retry_now(); });
  link_->start([this](temporal::Client& client) { serving(client); },
               [this](const Error& error) { fail(error); });
  return {};
}

void Service::fail(const Error& error) {
  {
    const std::lock_guard lock(serving_mutex_);
    failure_ = error;
  }
  serving_changed_.notify_all();
  if (failed_) failed_(error);
}

void Service::serving(temporal::Client& client) {
  {
    const std::lock_guard lock(serving_mutex_);
    if (stopping_) return;
    starter_.emplace(client, *sources_, stores_->staging().home(), config_.host.temporal.task_queue,
                     placement());
    flow_engine_.emplace(client, config_.host.temporal.task_queue);
    FlowKeeper::Options keeper;
    keeper.memory = std::filesystem::path(config_.host.state_dir) / "flows.json";
    flows_ = std::make_shared<FlowKeeper>(*flow_engine_, log_, std::move(keeper));
    flows_->start(plan_of(*sources_->now(), placement()));
    file_watch_.emplace(*rooms_, client, config_.host.temporal.task_queue, log_);
    const FilePlan files = apply_rooms();
    file_watch_->watch(files.watched);
    schedule_engine_.emplace(client, config_.host.temporal.task_queue);
    FileSchedules::Options schedules;
    schedules.memory = std::filesystem::path(config_.host.state_dir) / "schedules.json";
    schedules_ = std::make_shared<FileSchedules>(*schedule_engine_, log_, std::move(schedules));
    schedules_->start(files.scheduled);
    serving_ = true;
  }
  dispatcher_->retry_now();
  serving_changed_.notify_all();
}

std::chrono::milliseconds Service::call_timeout(std::string_view source) const {
  const auto sources = sources_->now();
  const SourceSettings* settings = sources->settings(source);
  return settings == nullptr ? kCallTimeout : settings->config.limits.call_timeout;
}

WorkflowStarter* Service::workflow_starter() {
  const std::lock_guard lock(serving_mutex_);
  return starter_ && !stopping_ ? &*starter_ : nullptr;  // stays until this object goes
}

std::shared_ptr<FlowKeeper> Service::flows() const {
  const std::lock_guard lock(serving_mutex_);
  return flows_;
}

std::shared_ptr<FileSchedules> Service::schedules() const {
  const std::lock_guard lock(serving_mutex_);
  return schedules_;
}

/// What nobody waits for: large payloads that no history refers to any more, and sagas that another
/// host left behind.
void Service::sweep(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  for (std::size_t round = 0; !stop.stop_requested(); ++round) {
    if (round % kRoundsPerSweep == 0) {
      const auto removed = payloads_->sweep(kPayloadAge);
      if (!removed) {
        log_.write("payloads", Level::kWarn, "sweep_failed",
                   {{"reason", removed.error().message()}});
      }
    }
    if (const auto resumed = saga_->resume(); !resumed) {
      log_.write("stores", Level::kWarn, "resume_failed", {{"reason", resumed.error().message()}});
    }
    if (!vectors_checked_) {
      if (auto checked = check_vectors(); !checked) {
        log_.write("host", Level::kError, "cannot_serve", {{"reason", checked.error().message()}});
        return fail(checked.error());
      }
    }
    wake.wait_for(lock, stop, kSweepPause, [] { return false; });
  }
}

Result<temporal::Backlog> Service::backlog(temporal::TaskKind kind) {
  temporal::Client* client = link_->client();
  if (client == nullptr) return Error{ErrorKind::kUnavailable, "Temporal is not connected yet"};
  auto told = client->backlog(config_.host.temporal.task_queue, kind);
  // Nobody else may be asking: a worker's poll of a server that is gone is only tried again.
  rollout_->heard(told ? std::nullopt : std::optional(told.error()));
  return told;
}

bool Service::temporal_serves() const {
  return link_->state() == TemporalLink::State::kServing && !rollout_->away();
}

Result<void> Service::wait_serving(std::chrono::milliseconds patience) {
  std::unique_lock lock(serving_mutex_);
  serving_changed_.wait_for(lock, patience, [this] { return serving_ || failure_; });
  if (failure_) return *failure_;
  if (!serving_) {
    return Error{ErrorKind::kTimeout, "Temporal at " + link_->address() + " does not answer"};
  }
  return {};
}

void Service::stop() {
  if (!started_) return;
  started_ = false;
  log_.write("host", Level::kInfo, "draining", {});
  listener_->stop();
  nudge_->stop();
  link_->request_stop();
  {
    const std::lock_guard lock(serving_mutex_);
    stopping_ = true;
  }
  rollout_->on_change({});
  if (dispatcher_) dispatcher_->stop();
  if (const auto flows = this->flows()) flows->stop();
  if (const auto schedules = this->schedules()) schedules->stop();
  if (file_watch_) file_watch_->stop();
  if (reconciler_) reconciler_->stop();
  if (queue_watch_) queue_watch_->stop();
  link_->join();
  streams_->feeds().close_all();  // a connector goes only after its feeds
  janitor_.request_stop();
  admin_->stop();
  if (tracing_) tracing_->stop();
  log_.write("host", Level::kInfo, "stopped", {});
  log_.flush();
}

}  // namespace gantry::app
