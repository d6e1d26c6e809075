#include "host/cli/plugin_check_report.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

using plugins::conformance::Report;
using plugins::conformance::TestResult;
using plugins::conformance::Verdict;

std::string sign(const Terminal& terminal, Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return terminal.pass_sign();
    case Verdict::kWarn:
      return terminal.warn_sign();
    case Verdict::kFail:
    case Verdict::kCrash:
      return terminal.fail_sign();
    case Verdict::kSkip:
      return terminal.skip_sign();
  }
  return terminal.fail_sign();
}

bool is_bad(const TestResult& test) {
  return test.outcome.verdict == Verdict::kFail || test.outcome.verdict == Verdict::kCrash;
}

std::size_t count(const Report& report, Verdict verdict) {
  return static_cast<std::size_t>(std::ranges::count_if(
      report.tests, [verdict](const TestResult& test) { return test.outcome.verdict == verdict; }));
}

std::string seconds(std::chrono::milliseconds time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(time.count()) / 1000);
  return text.data();
}

/// XML 1.0 has no way to write most control characters: they come escaped already.
std::string xml(const std::string& text) {
  std::string out;
  for (const char c : escape_control(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string explained(const TestResult& test) {
  return "expected: " + test.outcome.expected + "; seen: " + test.outcome.seen +
         "; what to do: " + test.outcome.remedy;
}

}  // namespace

void print_report(Terminal& terminal, const Report& report) {
  std::ostream& out = terminal.out();
  std::string group;
  for (const TestResult& test : report.tests) {
    if (test.group_name != group) {
      group = test.group_name;
      out << (&test == report.tests.data() ? "" : "\n") << test.group << ' ' << group << '\n';
    }
    out << "  " << sign(terminal, test.outcome.verdict) << ' ' << test.name;
    const std::size_t width = width_of(test.name);
    out << std::string(width < 30 ? 30 - width : 1, ' ') << test.rule;
    const bool noted = test.outcome.verdict == Verdict::kSkip ||
                       (test.outcome.verdict == Verdict::kPass && !test.outcome.seen.empty());
    if (noted) out << "  (" << escape_control(test.outcome.seen) << ')';
    if (test.outcome.verdict == Verdict::kCrash) out << "  CRASH";
    out << '\n';
    if (!is_bad(test) && test.outcome.verdict != Verdict::kWarn) continue;
    out << "       expected  " << escape_control(test.outcome.expected) << '\n'
        << "       seen      " << escape_control(test.outcome.seen) << '\n'
        << "       do        " << escape_control(test.outcome.remedy) << '\n';
  }
  out << '\n' << report.plugin << (report.plugin.empty() ? "" : " ") << report.version;
  for (const Verdict verdict :
       {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kCrash, Verdict::kSkip}) {
    out << (verdict == Verdict::kPass && report.plugin.empty() ? "" : "  ")
        << count(report, verdict) << ' ' << to_string(verdict);
  }
  out << "  seed " << report.seed << '\n';
}

Json report_json(const Report& report) {
  Json tests = Json::array();
  for (const TestResult& test : report.tests) {
    tests.push_back({{"group", test.group},
                     {"name", test.name},
                     {"rule", test.rule},
                     {"verdict", to_string(test.outcome.verdict)},
                     {"expected", test.outcome.expected},
                     {"seen", test.outcome.seen},
                     {"remedy", test.outcome.remedy},
                     {"milliseconds", test.duration.count()}});
  }
  Json counts = Json::object();
  for (const Verdict verdict :
       {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kCrash, Verdict::kSkip}) {
    counts[std::string(to_string(verdict))] = count(report, verdict);
  }
  return {{"ok", report.ok()},         {"file", report.file}, {"plugin", report.plugin},
          {"version", report.version}, {"seed", report.seed}, {"counts", std::move(counts)},
          {"tests", std::move(tests)}};
}

std::string report_junit(const Report& report) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"" +
                    xml(report.plugin) + "\">\n";
  for (std::size_t from = 0; from < report.tests.size();) {
    std::size_t to = from;
    std::size_t failures = 0, errors = 0, skips = 0;
    std::string cases;
    const std::string& group = report.tests[from].group_name;
    for (; to < report.tests.size() && report.tests[to].group_name == group; ++to) {
      const TestResult& test = report.tests[to];
      cases += "    <testcase classname=\"" + xml(report.plugin + '.' + group) + "\" name=\"" +
               xml(test.name) + "\" time=\"" + seconds(test.duration) + "\">";
      switch (test.outcome.verdict) {
        case Verdict::kPass:
          break;
        case Verdict::kWarn:
          cases += "<system-out>" + xml("warning: " + explained(test)) + "</system-out>";
          break;
        case Verdict::kFail:
          ++failures;
          cases +=
              "<failure message=\"" + xml(test.rule) + "\">" + xml(explained(test)) + "</failure>";
          break;
        case Verdict::kCrash:
          ++errors;
          cases += "<error message=\"" + xml(test.rule) + "\">" + xml(explained(test)) + "</error>";
          break;
        case Verdict::kSkip:
          ++skips;
          cases += "<skipped message=\"" + xml(test.outcome.seen) + "\"/>";
          break;
      }
      cases += "</testcase>\n";
    }
    out += "  <testsuite name=\"" + xml(group) + "\" tests=\"" + std::to_string(to - from) +
           "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" skipped=\"" + std::to_string(skips) + "\">\n    <properties><property " +
           "name=\"seed\" value=\"" + std::to_string(report.seed) + "\"/></properties>\n" + cases +
           "  </testsuite>\n";
    from = to;
  }
  return out + "</testsuites>\n";
}

}  // namespace gantry::cli
