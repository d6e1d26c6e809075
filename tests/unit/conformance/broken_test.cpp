#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "host/plugins/conformance/report.hpp"

namespace gantry::plugins::conformance {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

Report check(const std::string& name, const std::string& filter = {},
             std::optional<std::string> settings = {}) {
  Options options;
  options.settings = std::move(settings);
  options.file = std::string(GANTRY_BROKEN_DIR) + '/' + name + ".so";
  options.samples = GANTRY_SAMPLES_DIR;
  options.filter = filter;
  return run_check(options, {}).value();
}

std::vector<std::string> names_of(const Report& report, std::initializer_list<Verdict> verdicts) {
  std::vector<std::string> names;
  for (const TestResult& test : report.tests) {
    if (std::ranges::find(verdicts, test.outcome.verdict) != verdicts.end()) {
      names.push_back(test.name);
    }
  }
  return names;
}

const TestResult& find(const Report& report, const std::string& name) {
  const auto found = std::ranges::find(report.tests, name, &TestResult::name);
  EXPECT_NE(found, report.tests.end()) << name;
  return *found;
}

TEST(Conformance, AConnectorThatKeepsEveryRulePassesEveryTest) {
  const Report report = check("good");
  for (const TestResult& test : report.tests) {
    EXPECT_EQ(to_string(test.outcome.verdict), "pass")
        << test.name << ": expected " << test.outcome.expected << ", seen " << test.outcome.seen;
  }
  EXPECT_EQ(report.plugin, "fixture");
  EXPECT_TRUE(report.ok());
  EXPECT_GT(report.tests.size(), 60U);
}

struct Broken {
  const char* build;
  std::vector<std::string> failing;
  Verdict verdict = Verdict::kFail;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.build; }

class EachBrokenRule : public testing::TestWithParam<Broken> {};

TEST_P(EachBrokenRule, FailsTheTestMeantForItAndNoOther) {
  const Report report = check(GetParam().build);
  EXPECT_THAT(names_of(report, {Verdict::kFail, Verdict::kCrash}),
              ElementsAreArray(GetParam().failing));
  EXPECT_FALSE(report.ok());
  for (const std::string& name : GetParam().failing) {
    const Outcome& outcome = find(report, name).outcome;
    EXPECT_EQ(outcome.verdict, GetParam().verdict) << name;
    EXPECT_FALSE(outcome.expected.empty()) << name;
    EXPECT_FALSE(outcome.seen.empty()) << name;
    EXPECT_FALSE(outcome.remedy.empty()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Conformance, EachBrokenRule,
    testing::Values(
        Broken{"extra_export", {"static.exports"}}, Broken{"needs_library", {"static.needed"}},
        Broken{"static_tls", {"static.tls"}}, Broken{"unmarked_secret", {"static.secrets"}},
        Broken{"note_differs", {"static.note"}}, Broken{"thread_left", {"load.threads"}},
        Broken{"file_left", {"load.files"}}, Broken{"signal", {"load.signals"}},
        Broken{"locale", {"load.locale"}}, Broken{"environment", {"load.environment"}},
        Broken{"prefix_id", {"negotiation.unknown"}},
        Broken{"writes_struct",
               {"negotiation.exact_structs", "negotiation.long_structs"},
               Verdict::kCrash},
        Broken{"header_stride", {"negotiation.long_structs"}},
        Broken{"crash_on_unknown_field", {"config.unknown"}, Verdict::kCrash},
        Broken{"http_in_verify", {"webhook.pure"}},
        Broken{"short_compare", {"webhook.flipped_signature"}},
        Broken{"replay", {"webhook.replayed"}}, Broken{"emits_after_stop", {"cursor.stop"}},
        Broken{"loses_record", {"cursor.emits", "cursor.checkpoints", "cursor.everywhere"}},
        Broken{"takes_any_cursor", {"cursor.garbage"}}, Broken{"chunk_dependent", {"batch.chunks"}},
        Broken{"wrong_category", {"errors.429_seconds", "errors.429_decimal", "errors.429_date"}},
        Broken{"cut_delay", {"errors.429_decimal"}}, Broken{"logs_secret", {"secrets.logs"}},
        Broken{"secret_in_error", {"secrets.errors"}}),
    [](const auto& info) { return std::string(info.param.build); });

TEST(Conformance, ACallThatIgnoresItsCancellationIsKilledWithEverythingItStarted) {
  const auto file =
      std::filesystem::temp_directory_path() / ("gantry-grandchild-" + std::to_string(::getpid()));
  ::setenv("GANTRY_FIXTURE_PID_FILE", file.c_str(), 1);
  const Report report = check("ignores_cancel");
  EXPECT_THAT(names_of(report, {Verdict::kFail, Verdict::kCrash}),
              ElementsAreArray({"cancel.mid_http"}));
  EXPECT_THAT(find(report, "cancel.mid_http").outcome.seen, HasSubstr("process group was killed"));
  pid_t grandchild = 0;
  std::ifstream(file) >> grandchild;
  std::filesystem::remove(file);
  ASSERT_GT(grandchild, 0);
  // Killed, not yet gone: nobody but init waits for it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto is_alive = [grandchild] {
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string pid, name, state;
    return static_cast<bool>(stat >> pid >> name >> state) && state != "Z" && state != "X";
  };
  while (is_alive() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(is_alive());
}

void expect_right(const Report& report, std::size_t tests_min) {
  EXPECT_THAT(names_of(report, {Verdict::kWarn, Verdict::kFail, Verdict::kCrash}), IsEmpty());
  EXPECT_GE(names_of(report, {Verdict::kPass}).size(), tests_min);
}

TEST(Conformance, APollerThatReadsTheNewestAgainEachTimeComesToAnEnd) {
  expect_right(check("reads_again", "cursor"), 6);
}

TEST(Conformance, AFeedMaySitOutALimitWhileItStaysOpen) {
  expect_right(check("feed_sits_out", "errors"), 12);
  expect_right(check("feed_sits_out", "cursor"), 6);
}

TEST(Conformance, AValueThatAmountsToNoneMayBlameTheFieldThatNeedsIt) {
  expect_right(check("fields_depend", "config", R"({"token":"env:T","columns":["a"],"first":"a"})"),
               7);
}

TEST(Conformance, AnAdmittedLibraryIsAWarning) {
  const Report report = check("admits_library", "static");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(find(report, "static.needed").outcome.verdict, Verdict::kWarn);
  EXPECT_THAT(find(report, "static.needed").outcome.seen, HasSubstr("libelf.so.1"));
}

TEST(Conformance, AFilterThatNamesNoTestAndAFileThatIsNoneAreErrors) {
  Options options;
  options.file = GANTRY_BROKEN_DIR "/good.so";
  options.filter = "confg";
  const auto no_test = run_check(options, {});
  ASSERT_FALSE(no_test);
  EXPECT_THAT(no_test.error().what, HasSubstr("static (1), load (2)"));
  EXPECT_THAT(no_test.error().what, HasSubstr("config (4)"));
  options = {};
  options.file = GANTRY_BROKEN_DIR "/nothing.so";
  EXPECT_FALSE(run_check(options, {}));
  options.file = GANTRY_SAMPLES_DIR "/scenario.json";
  const auto report = run_check(options, {});
  ASSERT_TRUE(report) << "no shared object, and that is a finding";
  EXPECT_FALSE(report->ok());
}

TEST(Conformance, SettingsThatNoHostWouldTakeAreAnErrorThatShowsNoSecret) {
  for (const auto& [settings, word] :
       {std::pair{R"({"token":"s3cret-value"})", "settings/token"}, {"{}", "'token'"}}) {
    Options options;
    options.file = GANTRY_BROKEN_DIR "/good.so";
    options.settings = settings;
    const auto report = run_check(options, {});
    ASSERT_FALSE(report) << settings;
    EXPECT_THAT(report.error().what, HasSubstr(word));
    EXPECT_THAT(report.error().what, testing::Not(HasSubstr("s3cret")));
  }
}

TEST(Conformance, TheSameSeedGivesTheSameReportInOneProcessToo) {
  Options options;
  options.file = GANTRY_BROKEN_DIR "/good.so";
  options.samples = GANTRY_SAMPLES_DIR;
  options.filter = "webhook";
  options.seed = 4711;
  const Report apart = run_check(options, {}).value();
  options.in_process = true;
  const Report together = run_check(options, {}).value();
  ASSERT_EQ(apart.tests.size(), together.tests.size());
  for (std::size_t i = 0; i < apart.tests.size(); ++i) {
    EXPECT_EQ(apart.tests[i].outcome.verdict, together.tests[i].outcome.verdict);
    EXPECT_EQ(apart.tests[i].outcome.seen, together.tests[i].outcome.seen);
  }
}

TEST(Conformance, ALeakedSecretIsNamedAndNotShown) {
  const Report report = check("logs_secret", "secrets.logs");
  const Outcome& outcome = report.tests.at(0).outcome;
  EXPECT_THAT(outcome.seen, HasSubstr("/token"));
  EXPECT_EQ(outcome.seen.find("Canary00"), std::string::npos);
}

TEST(Conformance, ACrashIsToldWithItsSignal) {
  const Report report = check("crash_on_unknown_field", "config.unknown");
  EXPECT_THAT(report.tests.at(0).outcome.seen, HasSubstr("signal 6"));
}

}  // namespace
}  // namespace gantry::plugins::conformance
