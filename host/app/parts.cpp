#include "host/app/parts.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "host/app/scratch.hpp"
#include "host/app/store_options.hpp"
#include "host/app/temporal_link.hpp"
#include "host/app/vector_model.hpp"
#include "host/cli/doctor_rows.hpp"
#include "host/models/probe.hpp"
#include "host/pipeline/parser.hpp"

namespace gantry::app {
namespace {

constexpr std::chrono::milliseconds kDoctorPatience{5'000};
constexpr const char* kGetEngine =
    "name a server (temporal.address, TEMPORAL_HOST), or put Temporal's program on PATH: "
    "https://docs.temporal.io/cli (in a clone: make setup)";
constexpr const char* kMendStores = "mend 20-stores.toml";

cli::DoctorRow row(std::string name, std::string detail) {
  return {cli::DoctorRow::State::kPass, std::move(name), std::move(detail), {}};
}

cli::DoctorRow failed(std::string name, const Error& error, std::string remedy) {
  return {cli::DoctorRow::State::kFail, std::move(name), error.message(), std::move(remedy)};
}

/// Opens what configuration names and contacts nobody. The embedded file is none of the host's:
/// that one belongs to state_dir, and looking must not make it.
Result<std::unique_ptr<stores::OpenedStores>> open_to_look(const config::Config& config,
                                                           const Scratch& scratch) {
  auto options = store_options(config);
  if (!options) return options.error();
  options->embedded.file = scratch.folder() / "stores.db";
  options->make_tables = false;
  return stores::OpenedStores::open(*options);
}

bool uses_servers(const config::Stores& chosen) {
  return std::ranges::any_of(
      std::initializer_list{&chosen.documents, &chosen.vectors, &chosen.graph, &chosen.cache},
      [](const config::StorePort* port) { return !port->url.empty(); });
}

/// Gives how far the servers' clocks are off.
std::vector<cli::ClockOffset> add_stores(const config::Config& config,
                                         std::vector<cli::DoctorRow>& rows) {
  if (!uses_servers(config.host.stores)) {
    rows.push_back(row("stores", "embedded, " + config.host.stores.embedded_path));
    return {};
  }
  config::Config elsewhere = config;
  const Scratch scratch(elsewhere);
  auto opened = open_to_look(config, scratch);
  if (!opened) {
    rows.push_back(failed("stores", opened.error(), kMendStores));
    return {};
  }
  std::vector<cli::ClockOffset> clocks;
  std::map<std::string, std::string> versions;
  for (const stores::PortServer& server : (*opened)->servers(kDoctorPatience)) {
    if (server.facts) versions[server.name] = server.facts->version + ' ';
    if (server.ahead) clocks.push_back({server.name, *server.ahead});
  }
  for (const stores::PortState& port : (*opened)->probe(kDoctorPatience)) {
    if (port.name.ends_with("/embedded")) continue;
    const std::string name = "store " + port.name;
    if (!port.error) {
      rows.push_back(row(name, versions[port.name] + "answers"));
    } else if (port.error->kind == ErrorKind::kConflict) {
      rows.push_back({cli::DoctorRow::State::kWarn, name,
                      versions[port.name] + "answers; " + port.error->message(),
                      "gantry run makes them where it may"});
    } else {
      rows.push_back(failed(name, *port.error, "start the server or correct its url and password"));
    }
  }
  return clocks;
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
      "`Status` = 'x'");
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

}  // namespace

std::vector<cli::DoctorRow> look_at_parts(const config::Config& config) {
  std::vector<cli::DoctorRow> rows = engine_rows(config);
  const auto clocks = add_stores(config, rows);
  rows.push_back(cli::clock_row(cli::clock_is_kept(), clocks));
  const auto reader = pipeline::try_pdf_reader();
  rows.push_back(reader ? row("PDF reader", *reader)
                        : failed("PDF reader", reader.error(), "install the whole of Gantry"));
  std::ranges::move(model_rows(config, true, true), std::back_inserter(rows));
  if (auto vectors = vector_model_row(config, kDoctorPatience)) rows.push_back(std::move(*vectors));
  return rows;
}

std::vector<cli::DoctorRow> check_parts(const config::Config& config, bool ask) {
  std::vector<cli::DoctorRow> rows;
  if (uses_servers(config.host.stores)) {
    config::Config elsewhere = config;
    const Scratch scratch(elsewhere);
    const auto opened = open_to_look(config, scratch);
    if (!opened) rows.push_back(failed("stores", opened.error(), kMendStores));
  }
  std::ranges::move(model_rows(config, ask, false), std::back_inserter(rows));
  return rows;
}

}  // namespace gantry::app
