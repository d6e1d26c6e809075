#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"

namespace gantry::plugins::conformance {

enum class Verdict {
  kPass,
  kWarn,   ///< Works, but something is unproven or will bite.
  kFail,   ///< Breaks a rule of the contract.
  kCrash,  ///< The process of the test died.
  kSkip,   ///< The plugin does not offer what the test is about.
};

/// The verdict as one lower-case word. [any-thread]
constexpr std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "fail";
    case Verdict::kCrash:
      return "crash";
    case Verdict::kSkip:
      return "skip";
  }
  return "fail";
}

/// What one test found. Texts of the plugin are escaped, canary secrets never shown.
struct Outcome {
  Verdict verdict = Verdict::kPass;
  std::string expected;
  std::string seen;    ///< On kPass and kSkip: a note, or empty.
  std::string remedy;  ///< What the author does about it.
};

struct TestResult {
  int group = 0;           ///< Number of the group in the kit's list, 1 to 13.
  std::string group_name;  ///< "config"
  std::string name;        ///< "config.unknown_field"
  std::string rule;        ///< One sentence: what must hold.
  Outcome outcome;
  std::chrono::milliseconds duration{0};
};

struct Report {
  std::string file;
  std::string plugin;  ///< Empty where no manifest could be read.
  std::string version;
  std::uint64_t seed = 0;
  std::vector<TestResult> tests;

  /// True where nothing failed and nothing crashed.
  bool ok() const noexcept {
    return std::ranges::none_of(tests, [](const TestResult& test) {
      return test.outcome.verdict == Verdict::kFail || test.outcome.verdict == Verdict::kCrash;
    });
  }
};

struct Options {
  std::string file;
  /// The plugin's settings as JSON; empty: made from its schema.
  std::optional<std::string> settings;
  std::string scenario;  ///< File with the vendor's answers; empty: `samples`/scenario.json.
  std::string samples;   ///< Folder with scenario.json and files for batch; empty for none.
  std::uint64_t seed = 1;
  std::string filter;  ///< Group number, group name or beginning of a test's name; empty for all.
  std::chrono::milliseconds timeout{60'000};  ///< Per test.
  bool in_process = false;  ///< No child processes and no time-outs: for a debugger.
};

struct Progress {
  std::function<void(std::size_t done, std::size_t total, const std::string& next)> step;
};

/// Runs the kit against one plugin file, each test in a child process of its own. No network, no
/// real secret. Fails only where there is nothing to check: no such file, a malformed scenario,
/// settings that the plugin's schema refuses, a filter that names no test. [main] [blocking]; the
/// caller has no other threads.
Result<Report> run_check(const Options& options, const Progress& progress);

}  // namespace gantry::plugins::conformance
