#include "host/cli/command.hpp"

#include <nlohmann/json.hpp>

namespace gantry::cli {

const std::vector<CommandEntry>& command_table() {
  static const std::vector<CommandEntry> kTable = {
      {"run", "Serve: take webhooks in and see every record through to the stores.",
       "gantry run                          with ./conf.d, or else /etc/gantry/conf.d\n"
       "gantry run --config /srv/conf.d     with another folder\n"
       "gantry run --set rollout=10         with one setting changed",
       make_run},
      {"check", "Check the configuration, the plugins and what they reach.",
       "gantry check                        all of it; exit 1 on any problem\n"
       "gantry check --offline              without calling any vendor\n"
       "gantry check --explain              every setting with where it came from",
       make_check},
      {"doctor", "Check the machine: engine, ports, folders, disk, clock.",
       "gantry doctor                       one line each, with a remedy\n"
       "gantry doctor --json | jq .rows     for a script",
       make_doctor},
      {"demo", "Show the main job on a sample, from the signed webhook to the search.",
       "gantry demo                         in a temporary folder\n"
       "gantry demo --keep                  and go on serving, to look around",
       make_demo},
      {"hello", "Run the greeting workflow: is the engine there and does a worker serve it?",
       "gantry hello Ada                    prints: Hello, Ada!", make_hello},
      {"sources", "List the sources of the running host, or tell one what to do.",
       "gantry sources                      as a table\n"
       "gantry sources poll plaid-main      now, not when its time has come\n"
       "gantry sources resume plaid-main    after a pause, or once its credentials are renewed\n"
       "gantry sources --offline            from configuration, without a running host",
       make_sources},
      {"send", "Sign a sample with a source's secret and post it to the door.",
       "gantry send frontapp event.json              one delivery\n"
       "gantry send frontapp event.json --count 50 --unique   fifty different ones\n"
       "gantry send frontapp event.json --tamper     see a forged one refused (401)",
       make_send},
      {"ingest", "Upload files as documents.",
       "gantry ingest notes.md bol.txt --wait        and wait until they are stored\n"
       "gantry ingest scan.html --source archive     under another source's name",
       make_ingest},
      {"status", "Show how the host is, or a delivery or document on its whole way, with times.",
       "gantry status                                exit 0 where the host serves\n"
       "gantry status frontapp/evt_1a2b              a delivery: source/delivery\n"
       "gantry status frontapp:message:msg_1 --wait  a document, until it is done",
       make_status},
      {"search", "Find documents by words and by likeness.",
       "gantry search \"reefer Dallas\"                the ten best\n"
       "gantry search PRO-445566 --source frontapp --limit 3 --json\n"
       "gantry search detention --entity load:4711 --from 2026-01-01",
       make_search},
      {"workflows", "Find Temporal's workflows by source, status, document and more.",
       "gantry workflows --source turvo --status waiting\n"
       "gantry workflows --state failed --limit 100 --json | jq -r .workflows[].id\n"
       "gantry workflows --document frontapp:message:msg_1\n"
       "gantry workflows --query 'StartTime > \"2026-01-31T00:00:00Z\" AND `Status` = \"failed\"'",
       make_workflows},
      {"dlq list", "List what was given up on, the newest first.",
       "gantry dlq list                              of all sources\n"
       "gantry dlq list --source edi --kind record   of one source and kind\n"
       "gantry dlq list --json | jq -r .letters[].id",
       make_dlq_list},
      {"dlq show", "Show a dead letter with the reason of every attempt.",
       "gantry dlq show delivery:frontapp:evt_1\n"
       "gantry dlq show ID --payload > lost.json     its bytes, to standard output",
       make_dlq_show},
      {"dlq retry", "Try what was given up on again; a letter goes once that went well.",
       "gantry dlq retry ID                          and wait for the end\n"
       "gantry dlq retry --all --source turvo        every letter of a source\n"
       "gantry dlq retry ID --no-wait                only start it\n"
       "Exit 1 where one was refused, failed again or is not done in time.",
       make_dlq_retry},
      {"dlq resolve", "Take a dead letter off the shelf, with a note in the host's log.",
       "gantry dlq resolve ID --note \"sent again by the carrier\"", make_dlq_resolve},
      {"dlq stats", "Count dead letters by kind and source, with the age of the oldest.",
       "gantry dlq stats", make_dlq_stats},
      {"reconcile", "Compare inbox, workflows and every store; exit 1 where they differ.",
       "gantry reconcile                    prints the open differences, changes nothing\n"
       "gantry reconcile --json | jq .differences\n"
       "Exit 1 also where something could not be compared; the last lines say what.",
       make_reconcile},
      {"reembed", "Make the stored vectors anew, after another embedding model was chosen.",
       "gantry reembed                      with every host stopped that shares the stores\n"
       "gantry reembed --drop-refused       documents that the model refuses keep their words "
       "only\n"
       "It works on the stores itself. Ended at any moment, it goes on where it was. Exit 1 where "
       "it\n"
       "could not go on, or a document still has vectors of another model.",
       make_reembed},
      {"rollout show", "Show how much goes through Temporal, and who said so.",
       "gantry rollout show\n"
       "gantry rollout show --json | jq .percentage",
       make_rollout_show},
      {"rollout set", "Set how much goes through Temporal; kept over restarts.",
       "gantry rollout set 10               the rest takes the direct path\n"
       "gantry rollout set 0 --drain        all of it, once running workflows have ended\n"
       "It stands until the configured percentage is changed.",
       make_rollout_set},
      {"rollout watch", "Show both paths as they go: ends, error rate, P50 and P99.",
       "gantry rollout watch                until Ctrl-C\n"
       "gantry rollout watch --rounds 1 --json",
       make_rollout_watch},
      {"rollout compare", "Compare both paths; exit 1 where Temporal does worse.",
       "gantry rollout compare              since this host began\n"
       "gantry rollout compare --prometheus http://127.0.0.1:9090 --window 1h\n"
       "Worse: twice the error rate or five times the P99 of the direct path. Exit 0 also where\n"
       "too few documents ended on one of them; then it says so.",
       make_rollout_compare},
      {"plugin inspect", "Print what a plugin file says of itself.",
       "gantry plugin inspect plugins/frontapp.so", make_plugin_inspect},
      {"plugin check", "Test a plugin file against the contract, without network or secrets.",
       "gantry plugin check acme.so                      with a configuration from its schema\n"
       "gantry plugin check acme.so --config 50-acme.toml --samples check/\n"
       "gantry plugin check acme.so --filter config --seed 7 --junit report.xml",
       make_plugin_check},
      {"version", "Print the versions of the program and its parts.", "gantry version --json",
       make_version},
  };
  return kTable;
}

config::Inputs Context::inputs() const {
  config::Inputs inputs;
  inputs.directory = options.config_directory;
  inputs.environment = environment_;
  inputs.plugin_dir = hooks.plugin_dir;
  for (const std::string& setting : options.settings) {
    const std::size_t equals = setting.find('=');  // parse.cpp saw that there is one.
    inputs.flags.push_back({"--set " + setting.substr(0, equals), setting.substr(0, equals),
                            setting.substr(equals + 1)});
  }
  return inputs;
}

int Context::print(const Json& value, int code) const {
  out() << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  return code;
}

std::optional<config::Config> Context::load(const config::Inputs& inputs) const {
  config::LoadResult loaded = config::load(inputs);
  if (!loaded) {
    for (const config::Problem& problem : loaded.error().items) err() << problem.text() << '\n';
    terminal.fail("the configuration has " + std::to_string(loaded.error().items.size()) +
                  (loaded.error().items.size() == 1 ? " problem" : " problems") +
                  "; `gantry check` says more");
    return std::nullopt;
  }
  for (const config::Problem& warning : loaded->warnings) {
    err() << "warning: " << warning.text() << '\n';
  }
  return std::move(*loaded);
}

std::optional<std::string> Context::admin_url() const {
  std::string address = options.admin;
  if (address.empty()) {
    const auto config = load();
    if (!config) return std::nullopt;
    address = config->host.admin_listen;
  }
  if (address.starts_with("http://") || address.starts_with("https://")) {
    while (address.ends_with('/')) address.pop_back();
    return address;
  }
  // An address to listen on everywhere is reached on this machine.
  for (const auto& [any, local] :
       {std::pair<std::string_view, std::string_view>{"0.0.0.0:", "127.0.0.1:"},
        {"[::]:", "[::1]:"}}) {
    if (address.starts_with(any)) address.replace(0, any.size(), local);
  }
  return "http://" + address;
}

}  // namespace gantry::cli
