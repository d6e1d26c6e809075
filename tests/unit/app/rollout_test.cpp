#include "host/app/rollout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/ingress/support.hpp"

namespace gantry::app {
namespace {

using rollout::Path;
using ::testing::HasSubstr;
using ::testing::Not;

// Bucket 19 of 100, by Python's hashlib.
constexpr const char* kBucket19 = "frontapp:message:msg_000001";

class RolloutTest : public ::testing::Test {
 protected:
  /// A host that starts with `configured`; the state folder stays.
  Rollout& start(int configured, bool direct_when_away = false) {
    metrics_ = std::make_unique<observe::Metrics>();
    rollout_ =
        std::make_unique<Rollout>(Rollout::Options{directory_.path() / "rollout.json", configured,
                                                   "conf.d/00-host.toml:3", direct_when_away},
                                  log_, *metrics_, clock_);
    return *rollout_;
  }
  bool logged(const std::string& event) const {
    return std::ranges::any_of(
        lines_, [&](const auto& line) { return line.find(event) != std::string::npos; });
  }
  static Error unreachable() { return {ErrorKind::kUnavailable, "nobody listens"}; }
  void be_away() {
    rollout_->heard(unreachable());
    clock_.advance(std::chrono::seconds{11});
    rollout_->heard(unreachable());
  }

  const ingress::test::TempDir directory_;
  ingress::test::FakeClock clock_;
  std::vector<std::string> lines_;
  observe::Log log_{{.format = observe::Format::kJson,
                     .level = observe::Level::kDebug,
                     .module_levels = {},
                     .sink = [this](std::string_view line) { lines_.emplace_back(line); }}};
  std::unique_ptr<observe::Metrics> metrics_;
  std::unique_ptr<Rollout> rollout_;
};

TEST_F(RolloutTest, IsAsConfiguredUntilSomebodySetsIt) {
  Rollout& rollout = start(10);
  EXPECT_EQ(rollout.percentage(), 10);
  EXPECT_EQ(rollout.state()["origin"], "conf.d/00-host.toml:3");
  EXPECT_TRUE(rollout.state()["set_at"].is_null());
}

TEST_F(RolloutTest, WhatWasSetSurvivesARestart) {
  ASSERT_TRUE(start(100).set(10));
  Rollout& again = start(100);
  EXPECT_EQ(again.percentage(), 10);
  EXPECT_EQ(again.state()["configured"], 100);
  EXPECT_EQ(again.state()["set_at"], "2026-01-01T00:00:00Z");
}

TEST_F(RolloutTest, AChangedConfigurationEndsWhatWasSet) {
  ASSERT_TRUE(start(100).set(10));
  EXPECT_EQ(start(50).percentage(), 50);
  EXPECT_TRUE(logged("rollout_set_dropped"));
  EXPECT_EQ(start(100).percentage(), 100);  // and it does not come back
}

TEST_F(RolloutTest, AReloadWithTheSamePercentageKeepsWhatWasSetAndAnotherEndsIt) {
  Rollout& rollout = start(100);
  ASSERT_TRUE(rollout.set(10));
  rollout.configure(100, "conf.d/00-host.toml:9");
  EXPECT_EQ(rollout.percentage(), 10);
  EXPECT_EQ(rollout.state()["origin"], "conf.d/00-host.toml:9");
  rollout.configure(25, "conf.d/00-host.toml:9");
  EXPECT_EQ(rollout.percentage(), 25);
  EXPECT_TRUE(rollout.state()["set_at"].is_null());
}

TEST_F(RolloutTest, RefusesWhatIsNoPercentage) {
  Rollout& rollout = start(100);
  for (const int wrong : {-1, 101}) EXPECT_EQ(rollout.set(wrong).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(rollout.percentage(), 100);
}

TEST_F(RolloutTest, AFileThatIsNoneOfOursIsPassedOver) {
  for (const char* text : {"", "[]", "{\"percentage\":400,\"set_at\":\"2026-01-01T00:00:00Z\"}",
                           "{\"percentage\":5,\"over\":100}"}) {
    std::ofstream(directory_.path() / "rollout.json") << text;
    EXPECT_EQ(start(100).percentage(), 100) << text;
  }
}

TEST_F(RolloutTest, EveryFirstDecisionIsLoggedAndCountedByPath) {
  Rollout& rollout = start(20);
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kTemporal);
  EXPECT_EQ(rollout.path(kBucket19, true), Path::kTemporal);
  ASSERT_TRUE(rollout.set(19));
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kDirect);
  const std::string page = metrics_->render();
  EXPECT_THAT(page, HasSubstr("gantry_rollout_decisions_total{path=\"temporal\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("gantry_rollout_decisions_total{path=\"direct\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("gantry_rollout_percentage 19\n"));
  EXPECT_TRUE(logged("path_chosen"));
}

TEST_F(RolloutTest, EndsAreCountedByPathAndOutcomeFromZeroOn) {
  Rollout& rollout = start(100);
  rollout.ended(Path::kDirect, "dead_letter", clock_.now() - std::chrono::seconds{2});
  const std::string page = metrics_->render();
  EXPECT_THAT(page, HasSubstr("gantry_ingestion_seconds_count{outcome=\"dead_letter\","
                              "path=\"direct\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("gantry_ingestion_seconds_sum{outcome=\"dead_letter\","
                              "path=\"direct\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("gantry_ingestion_seconds_count{outcome=\"stored\","
                              "path=\"temporal\"} 0\n"));
}

TEST_F(RolloutTest, AnOutageDivertsOnlyWhereConfigurationSaysSo) {
  Rollout& waits = start(100);
  be_away();
  EXPECT_TRUE(waits.away());
  EXPECT_FALSE(waits.divert());
  EXPECT_EQ(waits.path(kBucket19, false), Path::kTemporal);
  EXPECT_TRUE(logged("temporal_away"));
}

TEST_F(RolloutTest, WhileTemporalIsAwayDocumentsGoTheDirectWayAndComeBackWithIt) {
  Rollout& rollout = start(100, true);
  int changes = 0;
  rollout.on_change([&] { ++changes; });
  be_away();
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kDirect);
  clock_.advance(std::chrono::seconds{5});
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kTemporal);  // one that looks
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kDirect);
  rollout.heard(std::nullopt);
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(rollout.path(kBucket19, false), Path::kTemporal);
  EXPECT_TRUE(logged("temporal_back"));
}

TEST_F(RolloutTest, ARefusalIsAnAnswer) {
  Rollout& rollout = start(100, true);
  rollout.heard(unreachable());
  clock_.advance(std::chrono::seconds{11});
  rollout.heard(Error{ErrorKind::kInvalid, "no such namespace"});
  EXPECT_FALSE(rollout.away());
}

}  // namespace
}  // namespace gantry::app
