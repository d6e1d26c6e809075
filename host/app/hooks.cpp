#include "host/app/hooks.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/app/logging.hpp"
#include "host/app/scratch.hpp"
#include "host/app/sources.hpp"
#include "host/app/store_options.hpp"
#include "host/app/temporal_link.hpp"
#include "host/app/vector_model.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/models/open.hpp"
#include "host/models/probe.hpp"
#include "host/pipeline/parser.hpp"
#include "host/plugins/inspect.hpp"

namespace gantry::app {
namespace {

constexpr std::chrono::milliseconds kDoctorPatience{5'000};
constexpr const char* kGetEngine =
    "name a server (temporal.address, TEMPORAL_HOST), or put Temporal's program on PATH: "
    "https://docs.temporal.io/cli (in a clone: make setup)";

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

cli::DoctorRow row(std::string name, std::string detail) {
  return {cli::DoctorRow::State::kPass, std::move(name), std::move(detail), {}};
}

cli::DoctorRow failed(std::string name, const Error& error, std::string remedy) {
  return {cli::DoctorRow::State::kFail, std::move(name), error.message(), std::move(remedy)};
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

/// Servers only: the embedded file belongs to state_dir, and looking must not make it.
void add_stores(const config::Config& config, std::vector<cli::DoctorRow>& rows) {
  const config::Stores& chosen = config.host.stores;
  const config::StorePort* const ports[] = {&chosen.documents, &chosen.vectors, &chosen.graph,
                                            &chosen.cache};
  if (std::ranges::all_of(ports, [](const auto* port) { return port->url.empty(); })) {
    rows.push_back(row("stores", "embedded, " + chosen.embedded_path));
    return;
  }
  auto options = store_options(config);
  if (!options) {
    rows.push_back(failed("stores", options.error(), "mend 20-stores.toml"));
    return;
  }
  config::Config elsewhere = config;
  const Scratch scratch(elsewhere);
  options->embedded.file = scratch.folder() / "stores.db";
  options->make_tables = false;
  auto opened = stores::OpenedStores::open(*options);
  if (!opened) {
    rows.push_back(failed("stores", opened.error(), "mend 20-stores.toml"));
    return;
  }
  for (const stores::PortState& port : (*opened)->probe(kDoctorPatience)) {
    if (port.name.ends_with("/embedded")) continue;
    const std::string name = "store " + port.name;
    if (!port.error) {
      rows.push_back(row(name, "answers"));
    } else if (port.error->kind == ErrorKind::kConflict) {
      rows.push_back({cli::DoctorRow::State::kWarn, name, port.error->message(),
                      "gantry run makes them where it may"});
    } else {
      rows.push_back(failed(name, *port.error, "start the server or correct its url and password"));
    }
  }
}

std::vector<cli::DoctorRow> engine_rows(const config::Config& config) {
  if (config.host.temporal.address.empty()) {
    const auto program = temporal::find_temporal();
    if (!program) {
      return {failed("temporal engine", program.error(), kGetEngine)};
    }
    return {row("temporal engine", "embedded, " + program->string())};
  }
  auto options = connection_options(config);
  if (!options) return {failed("temporal settings", options.error(), "mend 10-temporal.toml")};
  options->connect_patience = kDoctorPatience;
  options->metrics_address.clear();
  options->log_filter.clear();
  const std::string address = options->address;
  auto connection = temporal::Connection::open(std::move(*options), {});
  if (!connection) {
    return {failed("temporal reachable", connection.error(),
                   "start the server at " + address + " or set temporal.address")};
  }
  temporal::Client client(**connection);
  std::vector<cli::DoctorRow> rows;
  const auto info = client.server_info();
  rows.push_back(info ? row("temporal reachable", address + ", server " + info->version)
                      : failed("temporal reachable", info.error(), "check the server's log"));
  const auto counted = client.count("");
  const std::string& name = config.host.temporal.namespace_;
  rows.push_back(counted ? row("temporal namespace", name)
                         : failed("temporal namespace", counted.error(),
                                  "create it: temporal operator namespace create " + name));
  const auto known = client.count(
      "Source = 'x' AND Priority = 'x' AND DocumentId = 'x' AND "
      "Status = 'x'");
  rows.push_back(known ? row("search attributes", "Source, Priority, DocumentId, Status")
                       : cli::DoctorRow{cli::DoctorRow::State::kWarn, "search attributes",
                                        known.error().message(),
                                        "gantry run creates them where it may"});
  return rows;
}

/// Without `ask` nobody is called. `local`: also those that need no endpoint.
std::vector<cli::DoctorRow> model_rows(const config::Config& config, bool ask, bool local) {
  std::vector<cli::DoctorRow> rows;
  for (const models::ModelState& model : models::probe(config, ask, kDoctorPatience)) {
    if (!model.remote && !local) continue;
    rows.push_back(model.error ? failed(model.name, *model.error, model.remedy)
                               : row(model.name, model.detail));
  }
  return rows;
}

std::vector<cli::DoctorRow> doctor(const config::Config& config) {
  std::vector<cli::DoctorRow> rows = engine_rows(config);
  add_stores(config, rows);
  const auto reader = pipeline::try_pdf_reader();
  rows.push_back(reader ? row("PDF reader", *reader)
                        : failed("PDF reader", reader.error(), "install the whole of Gantry"));
  std::ranges::move(model_rows(config, true, true), std::back_inserter(rows));
  if (auto vectors = vector_model_row(config, kDoctorPatience)) rows.push_back(std::move(*vectors));
  return rows;
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
  hooks.doctor = doctor;
  hooks.reembed = reembed;
  hooks.check_models = [](const config::Config& config, bool ask) {
    return model_rows(config, ask, false);
  };
  return hooks;
}

}  // namespace gantry::app
