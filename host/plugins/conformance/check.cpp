#include <gantry/gantry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"
#include "host/plugins/config_schema.hpp"
#include "host/plugins/conformance/module.hpp"
#include "host/plugins/conformance/sandbox.hpp"
#include "host/plugins/conformance/test.hpp"
#include "host/plugins/elf_file.hpp"
#include "host/plugins/library.hpp"
#include "host/plugins/plugin_file.hpp"

namespace gantry::plugins::conformance {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::vector<Test> all_tests() {
  std::vector<Test> out;
  for (const auto& group : {static_tests(), load_tests(), negotiation_tests(), config_tests(),
                            webhook_tests(), forgery_tests(), cursor_tests(), batch_tests(),
                            error_tests(), cancel_tests(), secret_tests()}) {
    out.insert(out.end(), group.begin(), group.end());
  }
  return out;
}

std::string group_of(const Test& test) {
  const std::string name = test.name;
  return name.substr(0, name.find('.'));
}

Error no_test(const std::string& filter) {
  std::string groups;
  std::string last;
  for (const Test& test : all_tests()) {
    if (group_of(test) == last) continue;
    last = group_of(test);
    groups += (groups.empty() ? "" : ", ") + last + " (" + std::to_string(test.group) + ')';
  }
  return {ErrorKind::kInvalid, "no test matches --filter " + filter + "; the groups are " + groups +
                                   ", a test is config.missing"};
}

/// A host refuses such settings before it makes an instance: no test would say anything of them.
Result<void> check_settings(const Options& options, const Manifest& manifest) {
  if (!options.settings) return {};
  const auto fault = check_config(manifest.config_schema, *options.settings);
  if (!fault || fault->in_schema) return {};  // group static tells of the schema
  return Error{ErrorKind::kInvalid, "the configuration is none of " + manifest.id + "'s: settings" +
                                        fault->pointer + ": " + fault->what};
}

bool chosen(const Test& test, const std::string& filter) {
  return filter.empty() || std::string_view(test.name).starts_with(filter) ||
         std::to_string(test.group) == filter;
}

/// Empty where the plugin offers what the test is about.
std::string missing_capability(Needs needs, const Manifest& manifest) {
  switch (needs) {
    case Needs::kNothing:
      return {};
    case Needs::kWebhook:
      return manifest.has(GANTRY_CAP_WEBHOOK) ? "" : "the plugin offers no " GANTRY_CAP_WEBHOOK;
    case Needs::kPull:
      return manifest.has(GANTRY_CAP_POLLER) || manifest.has(GANTRY_CAP_STREAM)
                 ? ""
                 : "the plugin offers neither " GANTRY_CAP_POLLER " nor " GANTRY_CAP_STREAM;
    case Needs::kBatch:
      return manifest.has(GANTRY_CAP_BATCH) ? "" : "the plugin offers no " GANTRY_CAP_BATCH;
    case Needs::kCheck:
      return manifest.has(GANTRY_CAP_CHECK) ? "" : "the plugin offers no " GANTRY_CAP_CHECK;
  }
  return {};
}

Outcome guarded(const std::function<Outcome()>& body) {
  try {
    return body();
  } catch (const Ended& ended) {
    return ended.outcome;
  } catch (const std::exception& problem) {
    return failed("the check itself works", problem.what(), "report it: a bug of the check");
  }
}

Outcome run_one(const Test& test, const Subject& subject, const Options& options) {
  const auto body = [&] { return guarded([&] { return test.body(subject); }); };
  if (options.in_process) return body();
  const milliseconds patience =
      test.patience.count() > 0 ? std::min(test.patience, options.timeout) : options.timeout;
  ChildRun run = run_isolated(body, patience);
  switch (run.end) {
    case ChildRun::End::kOutcome:
      return run.outcome;
    case ChildRun::End::kDied:
      return {Verdict::kCrash, "the process lives", run.died,
              "run it with --in-process --filter " + std::string(test.name) + " in a debugger"};
    case ChildRun::End::kTimedOut:
      return failed(
          "an end within " + std::to_string(patience.count()) + " ms",
          "it was still running, and its process group was killed",
          *test.late != '\0' ? test.late : "look for an endless loop, or raise --timeout");
  }
  return {};
}

Result<std::string> read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{ErrorKind::kNotFound, path.string() + ": cannot be read; correct the path"};
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// Everything in the folder that is not one of the check's own files is a file for batch.
Result<std::vector<Sample>> read_samples(const std::string& folder) {
  constexpr std::uintmax_t kSampleMax = 64U << 20U;
  std::vector<Sample> out;
  if (folder.empty()) return out;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "scenario.json" || name == "config.toml" ||
        name == "README.md" || entry.file_size() > kSampleMax) {
      continue;
    }
    auto text = read_text(entry.path());
    if (!text) return text.error();
    out.push_back({name, std::move(*text)});
  }
  if (problem) {
    return Error{ErrorKind::kNotFound, folder + ": cannot be read; name a folder with --samples"};
  }
  std::ranges::sort(out, {}, &Sample::name);
  return out;
}

Result<Scenario> read_scenario(const Options& options) {
  std::string file = options.scenario;
  if (file.empty() && !options.samples.empty()) {
    const fs::path beside = fs::path(options.samples) / "scenario.json";
    std::error_code problem;
    if (fs::exists(beside, problem)) file = beside.string();
  }
  if (file.empty()) return empty_scenario();
  const auto text = read_text(file);
  if (!text) return text.error();
  auto scenario = parse_scenario(*text);
  if (!scenario) return Error{ErrorKind::kInvalid, file + ": " + scenario.error().what};
  return scenario;
}

/// The manifest from the note; without one, from a process that runs the file's code.
Outcome find_manifest(Subject& subject, const Options& options) {
  std::string bytes = subject.bytes;
  const auto facts = read_elf(bytes);
  if (!facts) return failed("a shared object", facts.error().reason, facts.error().remedy);
  if (const auto entry = check_entry_symbol(*facts); !entry) {
    return failed("the entry symbol", entry.error().reason, entry.error().remedy);
  }
  Outcome text = passed(facts->manifest.value_or(""));
  if (!facts->manifest) {
    const ChildRun run = run_isolated(
        [&] {
          return guarded([&] {
            const gantry_plugin entry = open_module(subject.file).entry;
            return passed(std::string(entry.manifest.data, entry.manifest.size));
          });
        },
        options.timeout);
    text = run.end == ChildRun::End::kOutcome
               ? run.outcome
               : Outcome{Verdict::kCrash, "the entry returns", run.died, "call nothing in it"};
  }
  if (text.verdict != Verdict::kPass) return text;
  auto manifest = parse_manifest(text.seen);
  if (!manifest) return failed("a manifest", manifest.error().reason, manifest.error().remedy);
  subject.manifest = std::move(*manifest);
  if (const auto json = parse_json(text.seen); json && json->contains("libraries")) {
    for (const Json& name : (*json)["libraries"]) {
      if (name.is_string()) subject.libraries.push_back(name.get<std::string>());
    }
  }
  return passed();
}

TestResult result_of(const Test& test, Outcome outcome, milliseconds took) {
  return {test.group, group_of(test), test.name, test.rule, std::move(outcome), took};
}

}  // namespace

Result<Report> run_check(const Options& options, const Progress& progress) {
  std::error_code problem;
  auto file = read_plugin_file(fs::absolute(options.file, problem));
  if (!file) {
    return Error{ErrorKind::kNotFound,
                 options.file + ": " + file.error().reason + "; " + file.error().remedy};
  }
  std::vector<Test> tests = all_tests();
  std::erase_if(tests, [&](const Test& test) { return !chosen(test, options.filter); });
  if (tests.empty()) return no_test(options.filter);
  Subject subject;
  subject.file = file->path.string();
  subject.bytes = std::move(file->bytes);
  subject.seed = options.seed;
  auto scenario = read_scenario(options);
  if (!scenario) return scenario.error();
  subject.scenario = std::move(*scenario);
  auto samples = read_samples(options.samples);
  if (!samples) return samples.error();
  subject.samples = std::move(*samples);

  Report report;
  report.file = subject.file;
  report.seed = options.seed;
  if (const Outcome read = find_manifest(subject, options); read.verdict != Verdict::kPass) {
    report.tests.push_back({1, "static", "static.manifest", "The manifest can be read.", read, {}});
    return report;
  }
  report.plugin = subject.manifest.id;
  report.version = subject.manifest.version;
  if (const auto right = check_settings(options, subject.manifest); !right) return right.error();
  const std::string& schema = subject.manifest.config_schema;
  subject.configs = options.settings
                        ? std::vector{config_of(schema, *options.settings, options.seed)}
                        : make_configs(schema, options.seed);

  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (progress.step) progress.step(i, tests.size(), tests[i].name);
    const auto started = steady_clock::now();
    const std::string missing = missing_capability(tests[i].needs, subject.manifest);
    Outcome outcome = missing.empty() ? run_one(tests[i], subject, options) : skipped(missing);
    report.tests.push_back(
        result_of(tests[i], std::move(outcome),
                  std::chrono::duration_cast<milliseconds>(steady_clock::now() - started)));
  }
  if (progress.step) progress.step(tests.size(), tests.size(), "");
  return report;
}

}  // namespace gantry::plugins::conformance
