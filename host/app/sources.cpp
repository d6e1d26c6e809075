#include "host/app/sources.hpp"

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

}  // namespace

Result<std::unique_ptr<Sources>> Sources::load(const config::Config& config, observe::Log& log) {
  std::unique_ptr<Sources> sources(new Sources);
  auto kv = plugins::SqliteKvStore::open(std::filesystem::path(config.host.state_dir) / "kv.db");
  if (!kv) return kv.error();
  sources->kv_ = std::move(*kv);

  plugins::HostPorts ports;
  ports.log = plugins_log(log);
  ports.secrets = &sources->secrets_;
  ports.kv = sources->kv_.get();
  ports.http = &sources->http_;
  sources->loader_ = std::make_unique<plugins::Loader>(std::move(ports));

  std::vector<plugins::SourceRequest> requests;
  for (const auto& source : config.sources) {
    if (source.enabled) sources->add(source, config, requests);
  }
  auto outcome = sources->loader_->load_all(requests);
  for (auto& refusal : outcome.refusals) sources->refusals_.push_back(std::move(refusal));
  for (const auto& refusal : sources->refusals_) {
    log.write("plugins", observe::Level::kError, "source_refused",
              {{observe::kSource, refusal.source_id},
               {"kind", plugins::to_string(refusal.kind)},
               {"reason", refusal.message}});
  }
  if (config.host.strict && !sources->refusals_.empty()) {
    return Error{ErrorKind::kInvalid, "strict: " + sources->refusals_.front().message};
  }
  sources->registry_ = std::move(outcome.registry);
  return sources;
}

void Sources::add(const config::SourceConfig& source, const config::Config& config,
                  std::vector<plugins::SourceRequest>& requests) {
  if (source.placement == config::Placement::kRunner) {
    refusals_.push_back({source.id, source.library, plugins::RefusalKind::kConfigInvalid,
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

  // The schema says which settings are secrets; where the file is no plugin the loader says why.
  if (const auto inspection = plugins::inspect(request.file)) {
    const auto& manifest = inspection->manifest;
    settings_[source.id] = {source.fanout, lists(manifest.services, "gantry.http/1"), source.limits,
                            manifest.version, manifest.capabilities};
    auto resolved = config::resolve_secrets(source, manifest.config_schema, config.environment);
    if (!resolved) {
      refusals_.push_back({source.id, request.file.string(), plugins::RefusalKind::kConfigInvalid,
                           one_line(resolved.error())});
      return;
    }
    request.config_json = std::move(resolved->settings);
    for (auto& [pointer, values] : resolved->secrets) {
      secrets_.set(source.id, pointer, std::move(values));
    }
  }
  requests.push_back(std::move(request));
}

std::shared_ptr<const plugins::Source> Sources::find(std::string_view name) const {
  const plugins::Source* found = registry_->find(name);
  if (found == nullptr || !found->has("gantry.webhook/1")) return nullptr;
  return {registry_, found};
}

std::size_t Sources::body_bytes_max(std::string_view name) const {
  const SourceSettings* found = settings(name);
  return found == nullptr ? SIZE_MAX : found->limits.body_bytes_max;
}

const SourceSettings* Sources::settings(std::string_view name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? nullptr : &found->second;
}

}  // namespace gantry::app
