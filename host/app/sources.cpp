#include "host/app/sources.hpp"

#include <algorithm>

#include "host/app/logging.hpp"
#include "host/config/secrets.hpp"
#include "host/plugins/inspect.hpp"

namespace gantry::app {
namespace {

std::string one_line(const config::Problems& problems) {
  std::string text = problems.text();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, "; ");
  }
  return text;
}

bool lists(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

net::GateLimits gate_limits(const config::SourceLimits& from) {
  return {static_cast<std::uint32_t>(from.requests_per_minute),
          static_cast<std::uint32_t>(from.requests_per_second),
          static_cast<std::uint32_t>(from.request_burst),
          static_cast<std::uint32_t>(from.concurrent_requests)};
}

/// New values first, then those of before: while a configuration is tried both are good.
plugins::SecretTable::Fields both(plugins::SecretTable::Fields fresh,
                                  const plugins::SecretTable::Fields& before) {
  for (const auto& [name, values] : before) {
    auto& list = fresh[name];
    for (const auto& value : values) {
      if (!lists(list, value)) list.push_back(value);
    }
  }
  return fresh;
}

}  // namespace

bool SourceSettings::has(std::string_view capability) const {
  return lists(capabilities, capability);
}

SourceSet::SourcePtr SourceSet::find(std::string_view name) const {
  const auto found = sources_.find(name);
  return found == sources_.end() ? nullptr : found->second;
}

const SourceSettings* SourceSet::settings(std::string_view name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? nullptr : &found->second;
}

Sources::Sources(observe::Log& log, const std::filesystem::path& secrets_dir, MeterOf meter_of)
    : log_(log), meter_of_(std::move(meter_of)), rotated_(secrets_dir), secrets_(&rotated_) {}

Result<std::unique_ptr<Sources>> Sources::load(const config::Config& config, observe::Log& log,
                                               std::filesystem::path secrets_dir,
                                               MeterOf meter_of) {
  const std::filesystem::path state = config.host.state_dir;
  if (secrets_dir.empty()) secrets_dir = state / "secrets";
  std::unique_ptr<Sources> sources(new Sources(log, secrets_dir, std::move(meter_of)));
  auto kv = plugins::SqliteKvStore::open(state / "kv.db");
  if (!kv) return kv.error();
  sources->kv_ = std::move(*kv);

  plugins::HostPorts ports;
  ports.log = plugins_log(log);
  ports.secrets = &sources->secrets_;
  ports.kv = sources->kv_.get();
  ports.http = &sources->http_;
  sources->loader_ = std::make_unique<plugins::Loader>(std::move(ports));

  Draft draft = sources->draft(config);
  for (auto& [id, fields] : draft.secrets) sources->secrets_.set_all(id, std::move(fields));
  sources->start(draft);
  for (const auto& refusal : draft.set->refusals()) {
    log.write("plugins", observe::Level::kError, "source_refused",
              {{observe::kSource, refusal.source_id},
               {"kind", plugins::to_string(refusal.kind)},
               {"reason", refusal.message}});
  }
  if (config.host.strict && !draft.set->refusals().empty()) {
    return Error{ErrorKind::kInvalid, "strict: " + draft.set->refusals().front().message};
  }
  sources->warn(*draft.set);
  sources->now_ = std::move(draft.set);
  return sources;
}

Sources::Draft Sources::draft(const config::Config& config) {
  Draft draft;
  draft.set = std::make_unique<SourceSet>();
  draft.set->configured_ = config.sources;
  for (const auto& source : config.sources) {
    if (source.enabled) add(source, config, draft);
  }
  return draft;
}

void Sources::add(const config::SourceConfig& source, const config::Config& config, Draft& draft) {
  if (source.placement == config::Placement::kRunner) {
    draft.set->refusals_.push_back(
        {source.id, source.library, plugins::RefusalKind::kConfigInvalid,
         source.origin("").text() +
             ": placement = \"runner\" is not built yet; use \"in-process\""});
    return;
  }
  plugins::SourceRequest request;
  request.source_id = source.id;
  request.file = std::filesystem::absolute(source.library);
  request.egress = source.egress;
  if (!source.sha256.empty()) request.sha256 = source.sha256;
  request.origin = source.origin("").text();
  request.expected_plugin_id = source.plugin;
  request.config_json = source.settings;
  request.gate = gate_of(source);
  if (!source.files.directory.empty()) request.capabilities.emplace_back("gantry.batch/1");

  // The schema says which settings are secrets; where the file is no plugin the loader says why.
  if (const auto inspection = plugins::inspect(request.file)) {
    const auto& manifest = inspection->manifest;
    draft.set->settings_[source.id] = {source, lists(manifest.services, "gantry.http/1"),
                                       manifest.version, manifest.capabilities, inspection->sha256};
    auto resolved = config::resolve_secrets(source, manifest.config_schema, config.environment);
    if (!resolved) {
      draft.set->refusals_.push_back({source.id, request.file.string(),
                                      plugins::RefusalKind::kConfigInvalid,
                                      one_line(resolved.error())});
      return;
    }
    if (resolved->warning) draft.set->settings_[source.id].warning = resolved->warning->text();
    request.config_json = std::move(resolved->settings);
    auto& fields = draft.secrets[source.id];
    for (auto& [pointer, values] : resolved->secrets) fields[pointer] = std::move(values);
  }
  draft.requests.push_back(std::move(request));
}

std::shared_ptr<net::RequestGate> Sources::gate_of(const config::SourceConfig& source) {
  auto& gate = gates_[source.id];
  if (!gate) gate = std::make_shared<net::RequestGate>(gate_limits(source.limits));
  return gate;
}

void Sources::start(Draft& draft) {
  auto outcome = loader_->load_all(draft.requests);
  for (auto& refusal : outcome.refusals) draft.set->refusals_.push_back(std::move(refusal));
  for (auto& source : std::move(*outcome.registry).release()) {
    std::string id = source->id();
    if (meter_of_) {
      auto meter = meter_of_(*source);
      source = plugins::metered(std::move(source), std::move(meter));
    }
    draft.set->sources_[std::move(id)] = std::move(source);
  }
}

void Sources::warn(const SourceSet& set) const {
  for (const auto& [id, settings] : set.settings_) {
    if (settings.warning.empty()) continue;
    log_.write("config", observe::Level::kWarn, "secret_hidden",
               {{observe::kSource, id}, {"reason", settings.warning}});
  }
}

Result<config::Difference> Sources::reload(const config::Config& before,
                                           const config::Config& after) {
  reap();
  const auto old = now();
  Draft fresh = draft(after);
  // A connector may ask for its secrets while it is made. Calls that run meanwhile on the old
  // objects must find theirs, so both count until the outcome is known.
  std::map<std::string, plugins::SecretTable::Fields> secrets_before;
  for (const auto& [id, fields] : fresh.secrets) {
    secrets_before[id] = secrets_.configured(id);
    secrets_.set_all(id, both(fields, secrets_before[id]));
  }
  start(fresh);
  config::Difference difference = config::compare(before, after);

  for (const auto& refusal : fresh.set->refusals()) {
    const bool known = std::ranges::any_of(old->refusals(), [&](const plugins::Refusal& one) {
      return one.source_id == refusal.source_id && one.message == refusal.message;
    });
    if (known) continue;  // as refused as before: no reason to keep the rest from changing
    for (const auto& [id, fields] : secrets_before) secrets_.set_all(id, fields);
    return Error{ErrorKind::kInvalid, refusal.message};
  }

  const auto is_same = [&](const std::string& id) {
    const SourceSettings* was = old->settings(id);
    const SourceSettings* is = fresh.set->settings(id);
    return was != nullptr && is != nullptr && was->library_sha256 == is->library_sha256 &&
           old->find(id) != nullptr && secrets_before[id] == fresh.secrets[id];
  };
  for (auto id = difference.unchanged.begin(); id != difference.unchanged.end();) {
    if (is_same(*id)) {
      fresh.set->sources_[*id] = old->find(*id);  // the twin made for the check ends here
      ++id;
    } else {
      difference.changed.push_back(*id);
      id = difference.unchanged.erase(id);
    }
  }
  for (auto* list : {&difference.added, &difference.changed}) {  // still refused
    std::erase_if(*list, [&](const auto& id) { return fresh.set->find(id) == nullptr; });
  }
  for (const auto& source : after.sources) {
    if (source.enabled) gate_of(source)->set_limits(gate_limits(source.limits));
  }
  for (auto& [id, fields] : fresh.secrets) secrets_.set_all(id, std::move(fields));
  for (const auto& [id, source] : old->sources_) {
    if (fresh.set->find(id) != source) retired_.push_back(source);
  }
  warn(*fresh.set);
  {
    const std::lock_guard lock(mutex_);
    now_ = std::move(fresh.set);
  }
  return difference;
}

std::size_t Sources::reap() {
  // Nobody can get hold of a retired source again, so a count of one stays one.
  std::erase_if(retired_, [](const auto& source) { return source.use_count() == 1; });
  return retired_.size();
}

std::shared_ptr<const SourceSet> Sources::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::shared_ptr<const plugins::Source> Sources::get(std::string_view name) const {
  return now()->find(name);
}

std::shared_ptr<const plugins::Source> Sources::find(std::string_view name) const {
  auto found = get(name);
  return found != nullptr && found->has("gantry.webhook/1") ? found : nullptr;
}

std::size_t Sources::body_bytes_max(std::string_view name) const {
  const auto set = now();
  const SourceSettings* found = set->settings(name);
  return found == nullptr ? SIZE_MAX : found->config.limits.body_bytes_max;
}

}  // namespace gantry::app
