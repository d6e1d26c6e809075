#include <chrono>
#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"
#include "host/cli/table.hpp"
#include "host/config/render.hpp"

namespace gantry::cli {
namespace {

using plugins::Finding;

const char* word(Finding::State state) {
  switch (state) {
    case Finding::State::kPass:
      return "pass";
    case Finding::State::kWarn:
      return "warn";
    case Finding::State::kFail:
      return "fail";
  }
  return "fail";
}

std::string sign(const Terminal& terminal, Finding::State state) {
  switch (state) {
    case Finding::State::kPass:
      return terminal.pass_sign();
    case Finding::State::kWarn:
      return terminal.warn_sign();
    case Finding::State::kFail:
      return terminal.fail_sign();
  }
  return terminal.fail_sign();
}

/// What one source's own check says; a check that fails is a finding, too.
std::vector<Finding> ask(const plugins::Source& source, std::chrono::milliseconds timeout) {
  plugins::CallScope scope;
  scope.deadline = std::chrono::steady_clock::now() + timeout;
  const auto findings = source.check(scope);
  if (findings) return *findings;
  if (findings.error().kind == ErrorKind::kUnsupported) return {};
  return {{Finding::State::kFail, findings.error().message(), ""}};
}

class Check : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--explain", explain_, "Print every setting with where it came from.");
    arguments.flag("--offline", offline_,
                   "Call nobody: leave out what the plugins and models say.");
    arguments.option(
        "--defaults", defaults_, "NAME",
        "Print a shipped file with every key and its default: 00-host.toml, "
        "10-temporal.toml, 20-stores.toml, 30-models.toml, source, source.files or .env.temporal.");
  }

  int run(Context& context) override {
    if (!defaults_.empty()) return print_defaults(context);
    const config::LoadResult loaded = config::load(context.inputs());
    if (!loaded) return report_problems(context, loaded.error());
    if (explain_) return print_explain(context, *loaded);

    Json report{{"ok", true},
                {"warnings", Json::array()},
                {"parts", Json::array()},
                {"sources", Json::array()}};
    bool ok = true;
    const bool talk = !context.options.json;
    for (const config::Problem& warning : loaded->warnings) {
      report["warnings"].push_back(warning.text());
      if (talk) context.out() << context.terminal.warn_sign() << ' ' << warning.text() << '\n';
    }
    if (talk) {
      context.out() << context.terminal.pass_sign() << " configuration: "
                    << (loaded->directory.empty() ? "defaults, no conf.d" : loaded->directory)
                    << ", " << loaded->sources.size()
                    << (loaded->sources.size() == 1 ? " source\n" : " sources\n");
    }
    if (context.hooks.check_parts) {
      for (const DoctorRow& row : context.hooks.check_parts(*loaded, !offline_)) {
        ok &= check_part(context, row, report["parts"]);
      }
    }
    if (context.hooks.load_sources) {
      const auto sources = context.hooks.load_sources(*loaded);
      for (std::size_t i = 0; i < sources.size() && i < loaded->sources.size(); ++i) {
        ok &= check_source(context, sources[i], loaded->sources[i], report["sources"]);
      }
    }
    report["ok"] = ok;
    if (!talk) return context.print(report, ok ? 0 : 1);
    return ok ? 0 : 1;
  }

 private:
  static int report_problems(Context& context, const config::Problems& problems) {
    if (context.options.json) {
      Json report{{"ok", false}, {"problems", Json::array()}};
      for (const config::Problem& problem : problems.items) {
        report["problems"].push_back({{"file", problem.origin.name},
                                      {"line", problem.origin.line},
                                      {"origin", problem.origin.text()},
                                      {"what", problem.what}});
      }
      return context.print(report, 1);
    }
    for (const config::Problem& problem : problems.items) {
      context.out() << context.terminal.fail_sign() << ' ' << problem.text() << '\n';
    }
    return 1;
  }

  /// What a setting that leaves the choice to the machine comes to; empty for others.
  static std::string taken(const Context& context, const config::ExplainRow& row) {
    return row.key == "embedding.embedder" && row.value == "auto" ? context.hooks.auto_embedder
                                                                  : std::string();
  }

  static int print_explain(Context& context, const config::Config& config) {
    if (context.options.json) {
      Json rows = Json::array();
      for (const auto& row : config.explain) {
        rows.push_back({{"key", row.key},
                        {"value", row.value},
                        {"origin", row.origin},
                        {"overrides", row.overrides}});
        if (auto took = taken(context, row); !took.empty()) rows.back()["takes"] = std::move(took);
      }
      return context.print({{"settings", rows}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : config.explain) {
      const std::string took = taken(context, row);
      rows.push_back({row.key,
                      row.value.empty() ? "\"\"" : row.value + (took.empty() ? "" : " -> " + took),
                      row.origin + (row.overrides.empty() ? "" : " (over " + row.overrides + ')')});
    }
    print_table(context.out(), rows);
    return 0;
  }

  int print_defaults(Context& context) const {
    const std::string text = config::render_defaults(defaults_);
    if (text.empty()) {
      context.terminal.fail("no shipped file is called " + defaults_ + "; see --help");
      return 2;
    }
    context.out() << text;
    return 0;
  }

  static bool check_part(Context& context, const DoctorRow& row, Json& report) {
    const bool ok = row.state != DoctorRow::State::kFail;
    report.push_back(
        {{"name", row.name}, {"ok", ok}, {"what", row.detail}, {"remedy", row.remedy}});
    if (!context.options.json) {
      context.out() << (ok ? context.terminal.pass_sign() : context.terminal.fail_sign()) << ' '
                    << row.name << ": " << row.detail << (row.remedy.empty() ? "" : "; ")
                    << row.remedy << '\n';
    }
    return ok;
  }

  bool check_source(Context& context, const LoadedSource& loaded,
                    const config::SourceConfig& configured, Json& report) const {
    Json row{{"id", configured.id},
             {"plugin", configured.plugin},
             {"problems", loaded.problems},
             {"findings", Json::array()}};
    bool ok = loaded.problems.empty();
    const bool talk = !context.options.json;
    std::vector<std::pair<Finding::State, std::string>> lines;
    for (const std::string& problem : loaded.problems) {
      lines.emplace_back(Finding::State::kFail, problem);
    }
    if (!configured.enabled) {
      row["state"] = "disabled";
      lines.emplace_back(Finding::State::kWarn, configured.id + ": disabled in " + configured.file);
    } else if (ok) {
      lines.emplace_back(Finding::State::kPass,
                         configured.id + ": plugin " + loaded.plugin + ' ' + loaded.version);
    }
    for (const std::string& warning : loaded.warnings) {
      row["findings"].push_back({{"state", "warn"}, {"what", warning}, {"remedy", ""}});
      lines.emplace_back(Finding::State::kWarn, warning);
    }
    if (loaded.source != nullptr && !offline_) {
      for (const Finding& finding : ask(*loaded.source, configured.limits.call_timeout)) {
        ok &= finding.state != Finding::State::kFail;
        row["findings"].push_back(
            {{"state", word(finding.state)}, {"what", finding.what}, {"remedy", finding.remedy}});
        lines.emplace_back(finding.state,
                           configured.id + ": " + finding.what +
                               (finding.remedy.empty() ? "" : "; " + finding.remedy));
      }
    }
    if (!row.contains("state")) row["state"] = ok ? "ok" : "refused";
    report.push_back(std::move(row));
    if (talk) {
      for (const auto& [state, text] : lines) {
        context.out() << sign(context.terminal, state) << ' ' << text << '\n';
      }
    }
    return ok;
  }

  bool explain_ = false;
  bool offline_ = false;
  std::string defaults_;
};

}  // namespace

std::unique_ptr<Command> make_check() { return std::make_unique<Check>(); }

}  // namespace gantry::cli
