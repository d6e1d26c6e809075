#include "host/app/source_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/base/time.hpp"
#include "tests/unit/app/source_rig.hpp"

namespace gantry::app {
namespace {

FlowView view(Flow::Kind kind, const std::string& source, FlowState state) {
  FlowView view;
  view.flow = {kind, source};
  view.stats.emplace();
  view.stats->state = state;
  return view;
}

class SourceReport : public ::testing::Test {
 protected:
  SourceReport() {
    rig_.source("a");
    rig_.source("b", "enabled = false\n");
    rig_.source("c", "", "color = \"mauve\"\n");
    sources_ = rig_.load();
    set_ = sources_->now();
  }

  SourceFacts facts() const {
    return {.sources = *set_, .now = parse_rfc3339("2026-01-16T15:00:00Z").value()};
  }

  SourceRig rig_;
  std::unique_ptr<Sources> sources_;
  std::shared_ptr<const SourceSet> set_;
};

TEST_F(SourceReport, SaysWhichSourcesRunAreDisabledOrRefusedAndWhy) {
  const Json list = report_of(facts());
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["state"], "running");
  EXPECT_EQ(list[0]["version"], "1.2.3");
  EXPECT_EQ(list[1]["state"], "disabled");
  EXPECT_EQ(list[2]["state"], "refused");
  EXPECT_THAT(list[2]["reason"].get<std::string>(), ::testing::HasSubstr("mauve is no color"));
}

TEST_F(SourceReport, TheWorstFlowDecidesTheState) {
  SourceFacts given = facts();
  given.flows = {view(Flow::Kind::kPolling, "a", FlowState::kRateLimited),
                 view(Flow::Kind::kStreaming, "a", FlowState::kReauth)};
  given.flows[1].stats->last_error = "token ended";
  const Json row = report_of(given)[0];
  EXPECT_EQ(row["state"], "reauth");
  EXPECT_EQ(row["reason"], "token ended");
  given.flows.pop_back();
  EXPECT_EQ(report_of(given)[0]["state"], "rate_limited");
}

TEST_F(SourceReport, CountsAreTheSourcesOwn) {
  SourceFacts given = facts();
  given.deliveries["a"] = {12, 1, 3};
  given.pending["a"] = 2;
  given.dead_letters["a"] = {4, "row 7 has no id"};
  const Json list = report_of(given);
  EXPECT_EQ(list[0]["deliveries"],
            (Json{{"accepted", 12}, {"duplicate", 1}, {"rejected", 3}, {"pending", 2}}));
  EXPECT_EQ(list[0]["dead_letters"], 4);
  EXPECT_EQ(list[0]["last_dead_letter"], "row 7 has no id");
  EXPECT_EQ(list[1]["deliveries"]["accepted"], 0);
}

TEST_F(SourceReport, AFlowShowsItsAgeItsNextPollAndItsTrouble) {
  SourceFacts given = facts();
  given.flows = {view(Flow::Kind::kPolling, "a", FlowState::kRunning)};
  FlowStats& stats = *given.flows[0].stats;
  stats.total_processed = 4711;
  stats.last_success = "2026-01-16T14:59:00Z";
  stats.next_poll = "2026-01-16T15:14:00Z";
  stats.cursor = std::string("\xff\x01", 2);
  given.flows[0].trouble = "no answer";
  const Json flow = report_of(given)[0]["flows"][0];
  EXPECT_EQ(flow["workflow"], "poll:a");
  EXPECT_EQ(flow["interval_s"], 900);
  EXPECT_EQ(flow["records"], 4711);
  EXPECT_EQ(flow["cursor_age_s"], 60);
  EXPECT_EQ(flow["next_poll"], "2026-01-16T15:14:00Z");
  EXPECT_EQ(flow["cursor"], "base64:/wE=");
  EXPECT_EQ(flow["trouble"], "no answer");
}

}  // namespace
}  // namespace gantry::app
