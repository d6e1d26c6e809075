#include "host/app/flow_keeper.hpp"

#include <nlohmann/json.hpp>

#include "host/app/deliveries.hpp"
#include "host/app/memory.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using observe::Level;
using Presence = FlowEngine::Presence;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kModule = "sources";
constexpr std::uint32_t kStreamRecordsMax = 100;

std::string started_event(Flow::Kind kind) { return std::string(to_string(kind)) + "_started"; }

std::string every(milliseconds interval) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval).count();
  if (seconds % 3600 == 0 && seconds > 0) return std::to_string(seconds / 3600) + "h";
  if (seconds % 60 == 0 && seconds > 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

}  // namespace

FlowSettings flow_settings_of(const config::SourceConfig& source, const Placement& placement) {
  FlowSettings settings;
  settings.fanout = fanout_of(source.fanout);
  settings.interval = source.poll_interval;
  settings.placement = placement;
  return settings;
}

FlowPlan plan_of(const SourceSet& sources, const Placement& placement) {
  FlowPlan plan;
  for (const auto& source : sources.configured()) {
    const auto loaded = sources.find(source.id);
    if (!source.enabled || loaded == nullptr) continue;
    FlowSettings settings = flow_settings_of(source, placement);
    if (loaded->has("gantry.poller/1")) {
      plan[{Flow::Kind::kPolling, source.id}] = settings;
    }
    if (loaded->has("gantry.stream/1")) {
      settings.budget.records_max = kStreamRecordsMax;
      plan[{Flow::Kind::kStreaming, source.id}] = settings;
    }
  }
  return plan;
}

FlowKeeper::FlowKeeper(FlowEngine& engine, observe::Log& log, Options options)
    : engine_(engine), log_(log), options_(std::move(options)) {}

FlowKeeper::~FlowKeeper() { stop(); }

void FlowKeeper::start(FlowPlan plan) {
  replace(std::move(plan), {});
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void FlowKeeper::replace(FlowPlan plan, const std::vector<std::string>& touched) {
  {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    touched_.insert(touched.begin(), touched.end());
    match_due_ = true;
    revive_ = true;
  }
  changed_.notify_all();
}

void FlowKeeper::stop() {
  {
    const std::lock_guard lock(telling_);
    stopped_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  changed_.notify_all();
}

void FlowKeeper::run(const std::stop_token& stop) {
  stop_ = stop;
  auto match_at = steady_clock::now();
  while (!stop.stop_requested()) {
    bool revive = false;
    bool due = false;
    std::set<std::string> touched;
    std::uint64_t asked = 0;
    {
      const std::lock_guard lock(mutex_);
      due = std::exchange(match_due_, false) || steady_clock::now() >= match_at;
      revive = std::exchange(revive_, false);
      touched = std::exchange(touched_, {});
      asked = looks_asked_;
    }
    if (due) {
      match(revive, touched);
      match_at = steady_clock::now() + options_.match_interval;
    }
    watch();
    std::unique_lock lock(mutex_);
    looks_done_ = asked;
    changed_.notify_all();
    changed_.wait_for(lock, stop, options_.watch_interval,
                      [this] { return match_due_ || looks_asked_ != looks_done_; });
  }
}

void FlowKeeper::match(bool revive_finished, const std::set<std::string>& touched) {
  FlowPlan plan;
  {
    const std::lock_guard lock(mutex_);
    plan = plan_;
  }
  std::set<Flow> ours = remembered();
  for (const auto& [flow, settings] : plan) ours.insert(flow);
  remember(ours);  // before they run: a crash in between leaves a name too many, never one too few
  for (const Flow& flow : std::set<Flow>(ours)) {
    if (stop_.stop_requested()) return;
    const auto wanted = plan.find(flow);
    if (wanted != plan.end()) {
      keep(flow, wanted->second, revive_finished, touched.contains(flow.source));
    } else if (end(flow)) {
      ours.erase(flow);
    }
  }
  remember(ours);
}

bool FlowKeeper::keep(const Flow& flow, const FlowSettings& settings, bool revive_finished,
                      bool touched) {
  const auto failed = [&](const char* event, const Error& error) {
    log_.write(kModule, Level::kWarn, event,
               {{observe::kSource, flow.source},
                {observe::kWorkflow, flow.id()},
                {"reason", error.message()}});
    return false;
  };
  const auto presence = engine_.look(flow);
  if (!presence) return failed("flow_unknown", presence.error());
  switch (*presence) {
    case Presence::kAbsent:
      return begin(flow, settings, false);
    case Presence::kBroken:
      return begin(flow, settings, true);
    case Presence::kFinished:
      return !revive_finished || begin(flow, settings, true);
    case Presence::kForeign:
      log_.write(kModule, Level::kError, "flow_foreign",
                 {{observe::kSource, flow.source},
                  {observe::kWorkflow, flow.id()},
                  {"reason",
                   "another task queue runs it; give one of the deployments another "
                   "source.id or namespace"}});
      return false;
    case Presence::kRunning:
      break;
  }
  const auto in_force = engine_.settings(flow);
  if (!in_force) return failed("flow_unanswering", in_force.error());
  if (*in_force == settings && !touched) return true;
  if (auto told = engine_.reconfigure(flow, settings); !told) {
    return failed("flow_unanswering", told.error());
  }
  log_.write(kModule, Level::kInfo, std::string(to_string(flow.kind)) + "_reconfigured",
             {{observe::kSource, flow.source}, {"every", every(settings.interval)}});
  return true;
}

bool FlowKeeper::begin(const Flow& flow, const FlowSettings& settings, bool is_known) {
  std::string cursor;
  if (is_known) {
    const auto stats = engine_.stats(flow);
    if (!stats) {  // starting without it would read everything anew: try again later
      log_.write(kModule, Level::kWarn, "flow_unanswering",
                 {{observe::kSource, flow.source},
                  {observe::kWorkflow, flow.id()},
                  {"reason", "its cursor cannot be read: " + stats.error().message()}});
      return false;
    }
    cursor = stats->cursor;
  }
  if (auto started = engine_.start(flow, settings, cursor); !started) {
    log_.write(kModule, Level::kWarn, "flow_not_started",
               {{observe::kSource, flow.source},
                {observe::kWorkflow, flow.id()},
                {"reason", started.error().message()}});
    return false;
  }
  log_.write(kModule, Level::kInfo, started_event(flow.kind),
             {{observe::kSource, flow.source},
              {"every", flow.kind == Flow::Kind::kPolling ? every(settings.interval) : "record"},
              {"from", cursor.empty() ? "the beginning" : "its last cursor"}});
  return true;
}

bool FlowKeeper::ends_within(const Flow& flow, milliseconds grace) {
  std::mutex mutex;
  std::condition_variable_any pause;
  for (const auto deadline = steady_clock::now() + grace; !stop_.stop_requested();) {
    const auto presence = engine_.look(flow);
    if (presence && *presence != Presence::kRunning) return true;
    if (steady_clock::now() >= deadline) return false;
    std::unique_lock lock(mutex);
    pause.wait_for(lock, stop_, options_.stop_look, [] { return false; });
  }
  return false;
}

bool FlowKeeper::end(const Flow& flow) {
  const auto presence = engine_.look(flow);
  if (!presence) return false;
  if (*presence != Presence::kRunning) return true;
  std::string how = "after its page in hand";
  (void)engine_.signal(flow, kStop);
  if (!ends_within(flow, options_.stop_grace)) {
    if (stop_.stop_requested()) return false;
    how = "by cancellation";
    (void)engine_.cancel(flow);
    if (!ends_within(flow, options_.cancel_grace)) {
      if (stop_.stop_requested()) return false;
      how = "by termination";
      const auto ended = engine_.terminate(flow, "its source was removed from the configuration");
      if (!ended) return false;
    }
  }
  log_.write(kModule, Level::kInfo, std::string(to_string(flow.kind)) + "_stopped",
             {{observe::kSource, flow.source}, {"how", how}});
  return true;
}

void FlowKeeper::watch() {
  FlowPlan plan;
  {
    const std::lock_guard lock(mutex_);
    plan = plan_;
    std::erase_if(views_, [&](const auto& entry) { return !plan.contains(entry.first); });
  }
  for (const auto& [flow, settings] : plan) {
    if (stop_.stop_requested()) return;
    const auto stats = engine_.stats(flow);
    std::optional<FlowStats> before;
    FlowView view;
    {
      const std::lock_guard lock(mutex_);
      FlowView& kept = views_[flow];
      before = kept.stats;
      kept.flow = flow;
      kept.settings = settings;
      if (stats) kept.stats = *stats;
      if (stats) kept.seen_at = system_clock().now();
      kept.trouble = stats ? std::string() : stats.error().message();
      view = kept;
    }
    note(view, before);
  }
}

/// Says aloud what needs an operator, once when it begins and once when it is over.
void FlowKeeper::note(const FlowView& view, const std::optional<FlowStats>& before) {
  if (!view.stats || !view.trouble.empty()) return;
  const FlowState was = before ? before->state : FlowState::kRunning;
  const FlowState is = view.stats->state;
  if (was == is) return;
  const std::string& source = view.flow.source;
  switch (is) {
    case FlowState::kReauth:
      log_.write(kModule, Level::kError, "source_needs_credentials",
                 {{observe::kSource, source},
                  {"reason", view.stats->last_error},
                  {"remedy", "renew them, then run: gantry sources resume " + source}});
      return;
    case FlowState::kFailed:
      log_.write(kModule, Level::kError, "source_failed",
                 {{observe::kSource, source},
                  {"reason", view.stats->last_error},
                  {"next_poll", view.stats->next_poll}});
      return;
    case FlowState::kRateLimited:
      log_.write(kModule, Level::kWarn, "source_rate_limited",
                 {{observe::kSource, source}, {"next_poll", view.stats->next_poll}});
      return;
    case FlowState::kPaused:
    case FlowState::kFinished:
    case FlowState::kRunning:
      log_.write(kModule, Level::kInfo, "source_" + std::string(to_string(is)),
                 {{observe::kSource, source}});
      return;
  }
}

std::vector<FlowView> FlowKeeper::views() const {
  const std::lock_guard lock(mutex_);
  std::vector<FlowView> views;
  for (const auto& [flow, view] : views_) views.push_back(view);
  return views;
}

std::vector<FlowView> FlowKeeper::look(milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++looks_asked_;
    changed_.notify_all();
    changed_.wait_for(lock, patience, [&] { return looks_done_ >= mine; });
  }
  return views();
}

Result<void> FlowKeeper::tell(std::string_view source, const SignalType<std::monostate>& signal) {
  std::vector<Flow> flows;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [flow, settings] : plan_) {
      if (flow.source == source) flows.push_back(flow);
    }
  }
  if (flows.empty()) {
    return Error{ErrorKind::kNotFound, "source " + std::string(source) +
                                           " neither polls nor streams: there is nothing to " +
                                           std::string(signal.name)};
  }
  const std::shared_lock lock(telling_);
  if (stopped_) return Error{ErrorKind::kUnavailable, "the host is stopping"};
  for (const Flow& flow : flows) {
    if (auto told = engine_.signal(flow, signal); !told) return told.error();
  }
  return {};
}

std::set<Flow> FlowKeeper::remembered() const {
  std::set<Flow> flows;
  for (const Json& one : recall(options_.memory)) {
    const auto kind = text_at(one, "kind");
    const auto source = text_at(one, "source");
    if (!kind || !source) continue;
    for (const auto known : {Flow::Kind::kPolling, Flow::Kind::kStreaming}) {
      if (*kind == to_string(known)) flows.insert({known, *source});
    }
  }
  return flows;
}

void FlowKeeper::remember(const std::set<Flow>& flows) const {
  if (flows == remembered()) return;
  Json list = Json::array();
  for (const Flow& flow : flows) {
    list.push_back({{"kind", to_string(flow.kind)}, {"source", flow.source}});
  }
  if (auto kept = memorise(options_.memory, list); !kept) {
    log_.write(kModule, Level::kWarn, "flows_not_remembered", {{"reason", kept.error().message()}});
  }
}

}  // namespace gantry::app
