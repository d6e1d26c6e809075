#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/config/config.hpp"
#include "host/plugins/conformance/report.hpp"
#include "host/plugins/source.hpp"

/// The `gantry` command line. It parses, loads configuration, talks to a running host over its
/// admin address, and prints; what needs other rooms comes in as functions, wired by app.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage. Data goes to standard output, talk to standard
/// error. NO_COLOR and a pipe switch colours, bars and signs other than ASCII off.
namespace gantry::cli {

/// What `gantry version` prints.
struct Versions {
  std::string program;
  std::string core;      ///< Temporal Core.
  std::string abi;       ///< Plugin contract, "1.0".
  std::string build_id;  ///< Of the worker deployment, when configuration sets none.
};

/// What became of one configured source when its plugin was loaded for a command.
struct LoadedSource {
  std::string id;
  std::string plugin;
  std::string version;
  std::vector<std::string> capabilities;
  /// Null where the source was refused (then `problems` says why) or is disabled. Shares the
  /// ownership of the registry it lives in.
  std::shared_ptr<const plugins::Source> source;
  /// Everything wrong with it, one line each: origin, reason, remedy.
  std::vector<std::string> problems;
  /// The same for what is no reason to refuse it.
  std::vector<std::string> warnings = {};
};

/// One line of `gantry doctor`.
struct DoctorRow {
  enum class State { kPass, kWarn, kFail };
  State state = State::kPass;
  std::string name;    ///< "temporal reachable"
  std::string detail;  ///< What was found.
  std::string remedy;  ///< What to do; empty on kPass.
};

struct RunOptions {
  /// For a reload: load(inputs) again.
  config::Inputs inputs;
};

struct DemoOptions {
  std::string directory;  ///< Where it keeps its state; empty: a temporary one, removed after.
  bool keep = false;      ///< Go on serving until interrupted.
  bool json = false;
};

struct ReembedOptions {
  bool drop_refused = false;  ///< Take the vectors of documents away that the model refuses.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

/// What `gantry reembed` did.
struct ReembedReport {
  struct Refused {
    std::string document_id;
    std::string reason;
  };
  std::string store;         ///< "vectors/embedded"
  std::string model;         ///< All vectors are of it, but for those of `refused`.
  std::size_t embedded = 0;  ///< Documents.
  std::size_t dropped = 0;   ///< Documents that have no vectors now.
  std::vector<Refused> refused;
};

/// The parts of the house that only app knows. Every function is called at most once per process,
/// on the main thread, and may block. An empty one makes its command say that this build lacks it.
struct Hooks {
  Versions versions;
  std::string plugin_dir;     ///< Default of plugin_dir.
  std::string auto_embedder;  ///< What embedding.embedder = "auto" takes on this machine.

  /// Serves until SIGTERM or SIGINT; returns the exit code.
  std::function<int(const config::Config&, const RunOptions&)> run;
  /// Runs GreetingWorkflow once and returns the greeting.
  std::function<Result<std::string>(const config::Config&, const std::string& name)> hello;
  /// Shows the main job from end to end; prints by itself; returns the exit code.
  std::function<int(const config::Config&, const DemoOptions&)> demo;
  /// Loads every enabled source's plugin with its settings and secrets; refused ones come with
  /// their problems. Order and number as in `Config::sources`.
  std::function<std::vector<LoadedSource>(const config::Config&)> load_sources;
  /// The manifest of a plugin file as JSON text, without running its code further than needed.
  std::function<Result<std::string>(const std::string& file)> inspect_plugin;
  /// Runs the conformance kit against a plugin file.
  std::function<Result<plugins::conformance::Report>(const plugins::conformance::Options&,
                                                     const plugins::conformance::Progress&)>
      check_plugin;
  /// Rows about engine, stores, clock, PDF reader and models.
  std::function<std::vector<DoctorRow>(const config::Config&)> doctor;
  /// Makes the vectors of other models than the configured one anew.
  std::function<Result<ReembedReport>(const config::Config&, const ReembedOptions&)> reembed;
  /// Stores that cannot be opened as configured, and models of an endpoint; `ask` sends each a
  /// sentence of ours.
  std::function<std::vector<DoctorRow>(const config::Config&, bool ask)> check_parts;
};

/// The whole program: returns the exit code, throws nothing. [main]
int main(int argc, const char* const* argv, const Hooks& hooks);

}  // namespace gantry::cli
