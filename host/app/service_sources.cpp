// What of the service is about sources while it runs: the reload, their page, their metrics.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/app/service.hpp"

namespace gantry::app {
namespace {

using console::AdminRequest;
using console::AdminResponse;
using observe::Level;

constexpr std::chrono::milliseconds kLookPatience{2'000};
constexpr std::size_t kPendingMax = 100'000;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "-" : text;
}

bool is_live(std::string_view key) {
  return key == "rollout" || key == "log.level" || key.starts_with("log.levels.");
}

}  // namespace

Result<void> Service::reload(const config::Config& after) {
  const auto difference = sources_->reload(running_, after);
  if (!difference) return difference.error();

  std::map<std::string, observe::Level> modules;
  for (const auto& [module, level] : after.host.log.module_levels) {
    modules[module] = observe::parse_level(level).value();
  }
  log_.set_levels(observe::parse_level(after.host.log.level).value(), modules);

  rollout_->configure(after.host.rollout, origin_of(after));

  std::vector<std::string> waiting;
  for (const auto& key : difference->host) {
    if (!is_live(key)) waiting.push_back(key);
  }
  source_metrics_.announce(*sources_->now());
  running_.sources = after.sources;
  running_.environment = after.environment;
  std::erase_if(running_.explain, [](const auto& row) { return is_live(row.key); });
  for (const auto& row : after.explain) {
    if (is_live(row.key)) running_.explain.push_back(row);
  }
  log_.write("host", Level::kInfo, "reloaded",
             {{"added", joined(difference->added)},
              {"removed", joined(difference->removed)},
              {"changed", joined(difference->changed)},
              {"unchanged", joined(difference->unchanged)}});
  if (!waiting.empty()) {
    log_.write("host", Level::kWarn, "restart_needed",
               {{"settings", joined(waiting)}, {"kept", "the values that the host began with"}});
  }
  streams_->feeds().close_all();  // they keep what the reload replaced
  if (const auto flows = this->flows()) {
    flows->replace(plan_of(*sources_->now(), placement()), difference->changed);
    const FilePlan files = apply_rooms();
    const std::lock_guard lock(serving_mutex_);
    if (file_watch_) file_watch_->watch(files.watched);
    if (schedules_) schedules_->replace(files.scheduled);
  }
  return {};
}

Service::FilePlan Service::apply_rooms() {
  const auto sources = sources_->now();
  std::vector<config::SourceConfig> taking;
  for (const auto& source : sources->configured()) {
    if (source.enabled && !source.files.directory.empty() && sources->find(source.id) != nullptr) {
      taking.push_back(source);
    }
  }
  for (const auto& [source, problem] : rooms_->apply(taking)) {
    log_.write("sources", Level::kError, "files_closed",
               {{observe::kSource, source}, {"reason", problem.message()}});
  }
  FilePlan plan;
  for (const auto& source : taking) {
    const config::SourceFiles& files = source.files;
    if (!files.schedule.empty()) {  // a folder that is away now may be there at its time
      plan.scheduled[source.id] = {files.schedule, files.schedule_zone,
                                   flow_settings_of(source, placement())};
    } else if (rooms_->has(source.id)) {
      plan.watched[source.id] = flow_settings_of(source, placement());
    }
  }
  return plan;
}

void Service::poll_for_key(const std::string& source) const {
  const auto flows = this->flows();
  if (!flows) return;  // the first poll after Temporal came fetches it
  const auto told = flows->tell(source, kPollNow);
  if (told) {
    log_.write("sources", Level::kInfo, "source_polled_for_key", {{observe::kSource, source}});
  } else if (told.error().kind != ErrorKind::kNotFound) {  // which has no poller
    log_.write("sources", Level::kWarn, "source_not_polled",
               {{observe::kSource, source}, {"reason", told.error().message()}});
  }
}

SourceFacts Service::source_facts(const SourceSet& sources, std::vector<FlowView> views) const {
  SourceFacts facts{.sources = sources,
                    .flows = std::move(views),
                    .deliveries = listener_->stats().by_source(),
                    .now = system_clock().now()};
  {
    const std::lock_guard lock(serving_mutex_);
    if (file_watch_) facts.files = file_watch_->totals();
    if (schedules_) facts.files.merge(schedules_->totals());
  }
  if (const auto pending = inbox_->pending(0, kPendingMax)) {
    for (const auto& one : *pending) ++facts.pending[one.source];
  }
  if (const auto tally = stores_->dead_letters().tally({})) {
    for (const auto& one : *tally) facts.dead_letters[one.source].count += one.count;
  }
  for (auto& [source, seen] : facts.dead_letters) {
    const auto newest =
        stores_->dead_letters().list({.kind = {}, .source = source, .limit = 1}, {});
    if (newest && !newest->empty()) seen.last_reason = newest->front().reason;
  }
  return facts;
}

AdminResponse Service::sources_page() const {
  const auto sources = sources_->now();
  const auto flows = this->flows();
  const SourceFacts facts =
      source_facts(*sources, flows ? flows->look(kLookPatience) : std::vector<FlowView>{});
  return console::json_response(200, dump_json({{"sources", report_of(facts)}}));
}

AdminResponse Service::tell_source(const AdminRequest& request) const {
  const std::string& id = request.params.at("id");
  const std::string& action = request.params.at("action");
  const SignalType<std::monostate>* signal = nullptr;
  for (const auto& [name, one] :
       {std::pair{"pause", &kPause}, {"resume", &kResume}, {"poll", &kPollNow}}) {
    if (action == name) signal = one;
  }
  if (signal == nullptr) {
    return console::error_response(
        Error{ErrorKind::kNotFound, "a source takes pause, resume and poll, not " + action});
  }
  const auto sources = sources_->now();
  if (std::ranges::find(sources->configured(), id, &config::SourceConfig::id) ==
      sources->configured().end()) {
    return console::error_response(
        Error{ErrorKind::kNotFound, "no source has the id " + id + "; see gantry sources"});
  }
  const auto flows = this->flows();
  if (!flows) {
    return console::error_response(
        Error{ErrorKind::kUnavailable, "Temporal is not connected yet; try again"});
  }
  auto told = flows->tell(id, *signal);
  const auto schedules = this->schedules();
  if (signal == &kPollNow && schedules && schedules->has(id) &&
      (told || told.error().kind == ErrorKind::kNotFound)) {
    told = schedules->trigger(id);
  }
  if (!told) return console::error_response(told.error());
  log_.write("sources", Level::kInfo, "source_told", {{observe::kSource, id}, {"action", action}});
  return console::json_response(202, dump_json({{"source", id}, {"action", action}}));
}

}  // namespace gantry::app
