#include "host/app/flow_keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::app {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Presence = FlowEngine::Presence;
using Kind = Flow::Kind;

/// An engine that keeps what it was told, in order.
class FakeEngine final : public FlowEngine {
 public:
  struct Running {
    Presence presence = Presence::kRunning;
    FlowSettings settings;
    FlowStats stats;
  };

  Result<Presence> look(const Flow& flow) override {
    if (away) return Error{ErrorKind::kUnavailable, "away"};
    const auto found = flows.find(flow);
    return found == flows.end() ? Presence::kAbsent : found->second.presence;
  }
  Result<void> start(const Flow& flow, const FlowSettings& settings,
                     const std::string& cursor) override {
    told.push_back("start " + flow.id() + (cursor.empty() ? "" : " from " + cursor));
    flows[flow] = {Presence::kRunning, settings, {}};
    flows[flow].stats.cursor = cursor;
    return {};
  }
  Result<FlowStats> stats(const Flow& flow) override {
    if (silent) return Error{ErrorKind::kTimeout, "no worker answers"};
    const auto found = flows.find(flow);
    if (found == flows.end()) return Error{ErrorKind::kNotFound, "no such workflow"};
    return found->second.stats;
  }
  Result<FlowSettings> settings(const Flow& flow) override {
    if (silent) return Error{ErrorKind::kTimeout, "no worker answers"};
    return flows.at(flow).settings;
  }
  Result<void> reconfigure(const Flow& flow, const FlowSettings& settings) override {
    told.push_back("reconfigure " + flow.id());
    flows.at(flow).settings = settings;
    return {};
  }
  Result<void> signal(const Flow& flow, const SignalType<std::monostate>& signal) override {
    told.push_back(std::string(signal.name) + ' ' + flow.id());
    if (signal.name == kStop.name && obeys_stop) flows.at(flow).presence = Presence::kFinished;
    return {};
  }
  Result<void> cancel(const Flow& flow) override {
    told.push_back("cancel " + flow.id());
    if (obeys_cancel) flows.at(flow).presence = Presence::kBroken;
    return {};
  }
  Result<void> terminate(const Flow& flow, std::string_view) override {
    told.push_back("terminate " + flow.id());
    flows.at(flow).presence = Presence::kBroken;
    return {};
  }

  std::map<Flow, Running> flows;
  std::vector<std::string> told;
  bool away = false;
  bool silent = false;
  bool obeys_stop = true;
  bool obeys_cancel = true;
};

class FlowKeeping : public ::testing::Test {
 protected:
  FlowKeeping() : log_(log_options(lines_)) {}

  static observe::LogOptions log_options(std::vector<std::string>& lines) {
    observe::LogOptions options;
    options.format = observe::Format::kJson;
    options.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
    return options;
  }

  FlowKeeper::Options options(const std::string& host = "flows") const {
    FlowKeeper::Options options;
    options.memory = dir_.path(host + ".json");
    options.stop_grace = milliseconds{0};
    options.cancel_grace = milliseconds{0};
    return options;
  }

  /// One matching by a host that has its memory under `host`; what the engine was told.
  std::vector<std::string> match(const FlowPlan& plan, const std::string& host = "flows",
                                 bool revive_finished = true,
                                 const std::set<std::string>& touched = {}) {
    engine_.told.clear();
    FlowKeeper keeper(engine_, log_, options(host));
    keeper.replace(plan, {});
    keeper.match(revive_finished, touched);
    return engine_.told;
  }

  std::string log_text() const {
    std::string text;
    for (const auto& line : lines_) text += line + '\n';
    return text;
  }

  static FlowSettings every(milliseconds interval) {
    FlowSettings settings;
    settings.interval = interval;
    return settings;
  }

  const Flow plaid_{Kind::kPolling, "plaid-main"};
  const Flow fleet_{Kind::kStreaming, "fleet"};
  config::ConfDir dir_;
  FakeEngine engine_;
  std::vector<std::string> lines_;
  observe::Log log_;
};

TEST_F(FlowKeeping, StartsWhatIsWantedOnceAndSaysSo) {
  const FlowPlan plan{{plaid_, every(std::chrono::minutes{15})}, {fleet_, {}}};
  EXPECT_THAT(match(plan), ElementsAre("start poll:plaid-main", "start stream:fleet"));
  EXPECT_THAT(log_text(), HasSubstr("polling_started"));
  EXPECT_THAT(log_text(), HasSubstr("15m"));
  EXPECT_THAT(match(plan), IsEmpty());
  EXPECT_THAT(match(plan, "another-host"), IsEmpty()) << "two hosts do it once";
}

TEST_F(FlowKeeping, ReconfiguresOnlyWhereTheSettingsDiffer) {
  match({{plaid_, every(std::chrono::minutes{15})}, {fleet_, {}}});
  EXPECT_THAT(match({{plaid_, every(std::chrono::minutes{5})}, {fleet_, {}}}),
              ElementsAre("reconfigure poll:plaid-main"));
  EXPECT_EQ(engine_.flows.at(plaid_).settings.interval, std::chrono::minutes{5});
}

TEST_F(FlowKeeping, ASourceThatAReloadTouchedIsToldSoThatItTriesAgain) {
  const FlowPlan plan{{plaid_, {}}, {fleet_, {}}};
  match(plan);
  EXPECT_THAT(match(plan, "flows", true, {"plaid-main"}),
              ElementsAre("reconfigure poll:plaid-main"));
}

TEST_F(FlowKeeping, AFlowWhoseSourceIsGoneFinishesItsPageAndStops) {
  match({{plaid_, {}}, {fleet_, {}}});
  EXPECT_THAT(match({{fleet_, {}}}), ElementsAre("stop poll:plaid-main"));
  EXPECT_THAT(log_text(), HasSubstr("polling_stopped"));
  EXPECT_THAT(match({{fleet_, {}}}), IsEmpty());
}

TEST_F(FlowKeeping, AFlowThatDoesNotStopIsCancelledAndThenTerminated) {
  engine_.obeys_stop = false;
  match({{plaid_, {}}});
  EXPECT_THAT(match({}), ElementsAre("stop poll:plaid-main", "cancel poll:plaid-main"));

  engine_.obeys_cancel = false;
  match({{plaid_, {}}});
  EXPECT_THAT(match({}), ElementsAre("stop poll:plaid-main", "cancel poll:plaid-main",
                                     "terminate poll:plaid-main"));
}

TEST_F(FlowKeeping, AFlowThatThisHostNeverHadIsNotItsToStop) {
  match({{plaid_, {}}}, "new-host");
  EXPECT_THAT(match({}, "host-before-its-reload"), IsEmpty());
  EXPECT_EQ(engine_.flows.at(plaid_).presence, Presence::kRunning);
}

TEST_F(FlowKeeping, AFlowOfAnotherTaskQueueIsNeverTouched) {
  engine_.flows[plaid_].presence = Presence::kForeign;
  EXPECT_THAT(match({{plaid_, {}}}), IsEmpty());
  EXPECT_THAT(log_text(), HasSubstr("flow_foreign"));
  EXPECT_THAT(match({}), IsEmpty());
}

TEST_F(FlowKeeping, AnEndedFlowGoesOnFromItsCursor) {
  engine_.flows[plaid_].presence = Presence::kBroken;
  engine_.flows[plaid_].stats.cursor = "page-7";
  EXPECT_THAT(match({{plaid_, {}}}), ElementsAre("start poll:plaid-main from page-7"));

  engine_.flows[plaid_].presence = Presence::kFinished;
  engine_.flows[plaid_].stats.cursor = "page-9";
  EXPECT_THAT(match({{plaid_, {}}}, "flows", false), IsEmpty())
      << "a stream that ended is not begun again every minute";
  EXPECT_THAT(match({{plaid_, {}}}, "flows", true),
              ElementsAre("start poll:plaid-main from page-9"));
}

TEST_F(FlowKeeping, WhereTheCursorCannotBeReadNothingIsStarted) {
  engine_.flows[plaid_].presence = Presence::kBroken;
  engine_.silent = true;
  EXPECT_THAT(match({{plaid_, {}}}), IsEmpty());
  engine_.silent = false;
  EXPECT_THAT(match({{plaid_, {}}}), ElementsAre("start poll:plaid-main"));
}

TEST_F(FlowKeeping, WhileTheEngineIsAwayNothingIsForgotten) {
  match({{plaid_, {}}});
  engine_.away = true;
  EXPECT_THAT(match({}), IsEmpty());
  engine_.away = false;
  EXPECT_THAT(match({}), ElementsAre("stop poll:plaid-main"));
}

TEST_F(FlowKeeping, ReauthIsSaidAloudOnceWithWhatToDo) {
  FlowKeeper keeper(engine_, log_, options());
  keeper.replace({{plaid_, {}}}, {});
  keeper.match(true, {});
  engine_.flows.at(plaid_).stats.state = FlowState::kReauth;
  engine_.flows.at(plaid_).stats.last_error = "ITEM_LOGIN_REQUIRED";
  keeper.watch();
  keeper.watch();
  std::vector<std::string> loud;
  for (const auto& line : lines_) {
    if (line.find("source_needs_credentials") != std::string::npos) loud.push_back(line);
  }
  ASSERT_EQ(loud.size(), 1U);
  EXPECT_THAT(loud[0], HasSubstr("\"error\""));
  EXPECT_THAT(loud[0], HasSubstr("ITEM_LOGIN_REQUIRED"));
  EXPECT_THAT(loud[0], HasSubstr("gantry sources resume plaid-main"));
}

TEST_F(FlowKeeping, AFlowThatDoesNotAnswerKeepsItsLastStats) {
  FlowKeeper keeper(engine_, log_, options());
  keeper.replace({{plaid_, {}}}, {});
  keeper.match(true, {});
  engine_.flows.at(plaid_).stats.total_processed = 7;
  keeper.watch();
  engine_.silent = true;
  keeper.watch();
  const auto views = keeper.views();
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].stats->total_processed, 7);
  EXPECT_THAT(views[0].trouble, HasSubstr("no worker answers"));
}

TEST_F(FlowKeeping, TellReachesTheFlowsOfTheSourceAndNoOther) {
  FlowKeeper keeper(engine_, log_, options());
  const Flow both{Kind::kStreaming, "plaid-main"};
  keeper.replace({{plaid_, {}}, {both, {}}, {fleet_, {}}}, {});
  keeper.match(true, {});
  engine_.told.clear();
  ASSERT_TRUE(keeper.tell("plaid-main", kPause));
  EXPECT_THAT(engine_.told, ElementsAre("pause poll:plaid-main", "pause stream:plaid-main"));
  EXPECT_EQ(keeper.tell("frontapp", kPause).error().kind, ErrorKind::kNotFound);
}

TEST_F(FlowKeeping, TheThreadMatchesAndALookIsAnsweredAfresh) {
  FlowKeeper keeper(engine_, log_, options());
  keeper.start({{plaid_, {}}});
  const auto first = keeper.look(std::chrono::seconds{30});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(first[0].stats);
  keeper.replace({{plaid_, {}}, {fleet_, {}}}, {});
  EXPECT_EQ(keeper.look(std::chrono::seconds{30}).size(), 2U);
  keeper.stop();
  EXPECT_THAT(engine_.told, ElementsAre("start poll:plaid-main", "start stream:fleet"));
}

}  // namespace
}  // namespace gantry::app
