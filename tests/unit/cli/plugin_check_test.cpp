#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

namespace conformance = plugins::conformance;
using conformance::Verdict;
using testing::HasSubstr;
using testing::Not;

class PluginCheckTest : public CliTest {
 protected:
  PluginCheckTest() {
    hooks.check_plugin = [this](
                             const conformance::Options& options,
                             const conformance::Progress& progress) -> Result<conformance::Report> {
      seen = options;
      if (progress.step) progress.step(0, 1, "config.missing");
      if (refused) return Error{ErrorKind::kNotFound, "x.so: does not exist"};
      return report;
    };
    report.plugin = "acme";
    report.version = "1.0";
    report.seed = 7;
    report.tests = {test(1, "static", "exports", Verdict::kPass, {}),
                    test(4, "config", "missing", Verdict::kSkip, {{}, {}, "not offered", {}})};
  }

  static conformance::TestResult test(int group, const std::string& name, const std::string& what,
                                      Verdict verdict, conformance::Outcome outcome) {
    outcome.verdict = verdict;
    return {group,
            name,
            name + '.' + what,
            "A rule.",
            std::move(outcome),
            std::chrono::milliseconds{1500}};
  }

  conformance::Options seen;
  conformance::Report report;
  bool refused = false;
};

TEST_F(PluginCheckTest, AReportWithoutFailuresIsZeroAndHasNoColour) {
  const Outcome outcome = gantry({"plugin", "check", "x.so", "--seed", "7"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("1 static"));
  EXPECT_THAT(outcome.out, HasSubstr("not offered"));
  EXPECT_THAT(outcome.out, HasSubstr("acme 1.0  1 pass  0 warn  0 fail  0 crash  1 skip  seed 7"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(outcome.err, HasSubstr("seed 7"));
  EXPECT_EQ(seen.seed, 7U);
  EXPECT_EQ(seen.file, "x.so");
  EXPECT_FALSE(seen.settings);
}

TEST_F(PluginCheckTest, AFailureIsOneAndNamesExpectedSeenAndRemedy) {
  report.tests.push_back(
      test(4, "config", "unknown", Verdict::kFail, {{}, "CONFIG", "BUG\x1b[31m", "check types"}));
  const Outcome outcome = gantry({"plugin", "check", "x.so"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("expected  CONFIG"));
  EXPECT_THAT(outcome.out, HasSubstr("do        check types"));
  EXPECT_THAT(outcome.out, HasSubstr("seen      BUG\\x1b[31m")) << "a plugin's words are escaped";
}

TEST_F(PluginCheckTest, WhatCannotBeCheckedIsTwo) {
  refused = true;
  EXPECT_EQ(gantry({"plugin", "check", "x.so"}).code, 2);
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--timeout", "soon"}).code, 2);
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--config", "/nowhere.toml"}).code, 2);
  EXPECT_EQ(gantry({"plugin", "check"}).code, 2);
  refused = false;
  seen = {};
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--junit", dir.path("none/junit.xml")}).code, 2);
  EXPECT_EQ(seen.file, "") << "before a test has run";
}

TEST_F(PluginCheckTest, TheSettingsOfASourceFileAreUsedAsTheHostReadsThem) {
  const std::string file = dir.path("50-acme.toml");
  std::ofstream(file) << "[source]\nplugin = \"acme\"\n[settings]\nsize = 3\nkey = \"env:KEY\"\n";
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--config", file}).code, 0);
  EXPECT_EQ(seen.settings, R"({"key":"env:KEY","size":3})");
}

TEST_F(PluginCheckTest, TheSamplesFolderMayBringTheConfiguration) {
  std::ofstream(dir.path("config.toml")) << "[settings]\nsize = 4\n";
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--samples", dir.path(".")}).code, 0);
  EXPECT_EQ(seen.settings, R"({"size":4})");
}

TEST_F(PluginCheckTest, JsonHasEveryTestAndTheCounts) {
  const Outcome outcome = gantry({"plugin", "check", "x.so", "--json"});
  const auto json = Json::parse(outcome.out);
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["counts"]["skip"], 1);
  EXPECT_EQ(json["tests"][1]["name"], "config.missing");
  EXPECT_EQ(json["tests"][0]["milliseconds"], 1500);
}

TEST_F(PluginCheckTest, JunitTellsFailuresErrorsAndSkipsApart) {
  report.tests.push_back(
      test(4, "config", "unknown", Verdict::kFail, {{}, "a < b", "c & d", "\"e\""}));
  report.tests.push_back(test(4, "config", "long", Verdict::kCrash, {{}, "x", "signal 11", "y"}));
  const std::string file = dir.path("junit.xml");
  EXPECT_EQ(gantry({"plugin", "check", "x.so", "--junit", file}).code, 1);
  std::ifstream in(file);
  const std::string xml(std::istreambuf_iterator<char>(in), {});
  EXPECT_THAT(
      xml, HasSubstr(R"(<testsuite name="config" tests="3" failures="1" errors="1" skipped="1">)"));
  EXPECT_THAT(xml, HasSubstr("expected: a &lt; b; seen: c &amp; d; what to do: &quot;e&quot;"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="not offered"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(time="1.500")"));
  EXPECT_THAT(xml, HasSubstr(R"(name="seed" value="7")"));
}

}  // namespace
}  // namespace gantry::cli
