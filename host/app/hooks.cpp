#include "host/app/hooks.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/app/logging.hpp"
#include "host/app/parts.hpp"
#include "host/app/scratch.hpp"
#include "host/app/sources.hpp"
#include "host/app/vector_model.hpp"
#include "host/models/open.hpp"
#include "host/plugins/inspect.hpp"

namespace gantry::app {
namespace {

/// Connectors lie beside the program in a build and under lib/ in an installation.
std::string default_plugin_dir() {
  std::error_code problem;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  const auto beside = program.parent_path() / "plugins";
  if (std::filesystem::is_directory(beside, problem)) return beside.string();
  return (program.parent_path().parent_path() / "lib" / "gantry" / "plugins").string();
}

observe::LogOptions quiet() {
  observe::LogOptions options;
  options.level = observe::Level::kOff;
  return options;
}

}  // namespace

std::vector<cli::LoadedSource> load_sources(const config::Config& config) {
  // The log and the sources live on inside the returned handles, for the whole command.
  static observe::Log log(quiet());
  // A check changes nothing: where no host ran yet, connectors get a state folder that goes again.
  config::Config own = config;
  std::error_code problem;
  static std::optional<Scratch> scratch;
  if (!std::filesystem::exists(own.host.state_dir, problem)) {
    scratch.emplace(own);
    std::filesystem::create_directories(own.host.state_dir, problem);
  }
  // A token that a vendor rotates while it is checked must not go with that folder.
  auto loaded = Sources::load(own, log, std::filesystem::path(config.host.state_dir) / "secrets");
  std::shared_ptr<Sources> sources;
  if (loaded) sources = std::move(*loaded);
  const auto set = sources ? sources->now() : nullptr;
  std::vector<cli::LoadedSource> rows;
  for (const auto& source : config.sources) {
    cli::LoadedSource one;
    one.id = source.id;
    one.plugin = source.plugin;
    if (!sources) {
      one.problems.push_back(loaded.error().message());
    } else if (source.enabled) {
      if (const SourceSettings* settings = set->settings(source.id)) {
        one.version = settings->plugin_version;
        one.capabilities = settings->capabilities;
        if (!settings->warning.empty()) one.warnings.push_back(settings->warning);
      }
      if (const auto found = set->find(source.id)) one.source = {sources, found.get()};
      for (const auto& refusal : set->refusals()) {
        if (refusal.source_id == source.id) one.problems.push_back(refusal.message);
      }
    }
    rows.push_back(std::move(one));
  }
  return rows;
}

Result<std::string> inspect_plugin(const std::string& file) {
  const auto inspection = plugins::inspect(std::filesystem::absolute(file));
  if (!inspection) {
    const auto& refused = inspection.error();
    return Error{ErrorKind::kInvalid, file + ": " + refused.reason + "; " + refused.remedy};
  }
  const auto& manifest = inspection->manifest;
  auto schema = parse_json(manifest.config_schema);
  Json out{{"file", inspection->file},
           {"sha256", inspection->sha256},
           {"size", inspection->size},
           {"from_note", inspection->from_note},
           {"id", manifest.id},
           {"version", manifest.version},
           {"description", manifest.description},
           {"abi", GANTRY_ABI_VERSION},
           {"capabilities", manifest.capabilities},
           {"services", manifest.services}};
  if (schema) out["config_schema"] = std::move(*schema);
  return dump_json(out);
}

cli::Hooks hooks() {
  cli::Hooks hooks;
  hooks.versions = {GANTRY_VERSION, GANTRY_CORE_VERSION, GANTRY_ABI_VERSION, GANTRY_VERSION};
  hooks.plugin_dir = default_plugin_dir();
  hooks.auto_embedder = models::auto_embedder();
  hooks.run = run_host;
  hooks.hello = hello;
  hooks.demo = demo;
  hooks.load_sources = load_sources;
  hooks.inspect_plugin = inspect_plugin;
  hooks.check_plugin = plugins::conformance::run_check;
  hooks.doctor = look_at_parts;
  hooks.reembed = reembed;
  hooks.check_parts = check_parts;
  return hooks;
}

}  // namespace gantry::app
