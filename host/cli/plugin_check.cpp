#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/time.hpp"
#include "host/cli/command.hpp"
#include "host/cli/plugin_check_report.hpp"
#include "host/cli/progress.hpp"
#include "host/config/toml_document.hpp"

namespace gantry::cli {
namespace {

namespace conformance = plugins::conformance;

class PluginCheck : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", options_.file, "The shared object.", true);
    arguments.option("--config", config_, "FILE",
                     "Source file whose [settings] are used; secret references in it are not "
                     "read. Without it a configuration is made from the schema.");
    arguments.option("--scenario", options_.scenario, "FILE",
                     "What the vendor answers, and webhook requests (docs/connector-guide.md).");
    arguments.option("--samples", options_.samples, "DIR",
                     "Folder with scenario.json, config.toml and files for batch; each may be "
                     "absent.");
    arguments.option("--filter", options_.filter, "GROUP",
                     "Run only the tests that begin so (config.missing), or a group by name or "
                     "number: static 1, load 2, negotiation 3, config 4, webhook 5, cursor 6, "
                     "batch 7, errors 9, cancel 10, secrets 13.");
    arguments.option("--seed", seed_, 0, std::numeric_limits<int>::max(),
                     "Seed of everything random: repeats a run.");
    arguments.option("--timeout", timeout_, "DUR", "Per test: 250ms, 30s, 2m.");
    arguments.option("--junit", junit_, "FILE", "Write a JUnit report, too.");
    arguments.flag("--in-process", options_.in_process,
                   "No child processes, no time-outs: for a debugger.");
  }

  int run(Context& context) override {
    if (!context.hooks.check_plugin) {
      return context.terminal.fail("this build cannot check plugins");
    }
    if (const int wrong = read_arguments(context); wrong != 0) return wrong;
    std::ofstream junit;
    if (!junit_.empty()) {
      junit.open(junit_);  // before the tests: nobody waits for a report that cannot be written
      if (!junit) {
        context.terminal.fail("cannot write " + junit_ + "; name a file in a folder that exists");
        return 2;
      }
    }
    context.err() << "seed " << options_.seed << '\n';
    const auto report = run_with_progress(context);
    if (!report) {
      context.fail(report.error());
      return 2;  // there was nothing to check
    }
    if (junit.is_open()) {
      junit << report_junit(*report);
      junit.close();
      if (!junit) return context.terminal.fail("cannot write " + junit_);
    }
    const int code = report->ok() ? 0 : 1;
    if (context.options.json) return context.print(report_json(*report), code);
    print_report(context.terminal, *report);
    return code;
  }

 private:
  int read_arguments(Context& context) {
    options_.seed = static_cast<std::uint64_t>(seed_);
    const auto timeout = parse_duration(timeout_);
    if (!timeout || timeout->count() <= 0) {
      context.terminal.fail("--timeout: want a duration such as 30s, got " + timeout_);
      return 2;
    }
    options_.timeout = *timeout;
    std::string file = config_;
    if (file.empty() && !options_.samples.empty()) {
      const std::string beside = options_.samples + "/config.toml";
      if (std::ifstream(beside).good()) file = beside;
    }
    if (file.empty()) return 0;
    const auto document = config::read_toml(file);
    if (!document) {
      context.terminal.fail(document.error().text());
      return 2;
    }
    const auto tree = parse_json(document->json);
    options_.settings = tree ? tree->value("settings", Json::object()).dump() : std::string("{}");
    return 0;
  }

  Result<conformance::Report> run_with_progress(Context& context) {
    std::optional<Progress> bar;
    conformance::Progress progress;
    progress.step = [&](std::size_t done, std::size_t total, const std::string&) {
      if (!bar) bar.emplace(context.terminal, "checking", total);
      bar->advance(done);
    };
    return context.hooks.check_plugin(options_, progress);
  }

  conformance::Options options_;
  std::string config_;
  std::string junit_;
  std::string timeout_ = "60s";
  int seed_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_plugin_check() { return std::make_unique<PluginCheck>(); }

}  // namespace gantry::cli
