#include "host/app/source_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/app/source_rig.hpp"

namespace gantry::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FixedClock final : public Clock {
 public:
  Instant now() const override { return at; }
  std::chrono::steady_clock::time_point steady() const override { return {}; }
  Instant at{std::chrono::seconds{1'700'000'000}};
};

class SourceMetricsTest : public ::testing::Test {
 protected:
  SourceMetricsTest() {
    rig_.source("front");
    sources_ = rig_.load();
    counted_.announce(*sources_->now());
  }
  std::string page() const { return metrics_.render(); }

  SourceRig rig_;
  std::unique_ptr<Sources> sources_;
  observe::Metrics metrics_;
  FixedClock clock_;
  SourceMetrics counted_{metrics_, clock_};
};

TEST_F(SourceMetricsTest, EverySeriesOfASourceIsZeroBeforeItsFirstRecord) {
  for (const char* line :
       {"gantry_ingestion_records_total{outcome=\"stored\",source=\"front\"} 0\n",
        "gantry_ingestion_records_total{outcome=\"dead_letter\",source=\"front\"} 0\n",
        "gantry_ingestion_delays_total{source=\"front\"} 0\n",
        "gantry_webhook_deliveries_total{outcome=\"parsed\",source=\"front\"} 0\n",
        "gantry_saga_documents_total{outcome=\"rolled_back\",source=\"front\"} 0\n",
        "gantry_ingress_request_seconds_count{source=\"front\"} 0\n"}) {
    EXPECT_THAT(page(), HasSubstr(line));
  }
}

TEST_F(SourceMetricsTest, ADeliveryThatWasReadIsCountedByItsOutcome) {
  counted_.read("front", "parsed");
  counted_.read("front", "dead_letter");
  counted_.read("front", "parsed");
  EXPECT_THAT(page(), HasSubstr("_deliveries_total{outcome=\"parsed\",source=\"front\"} 2\n"));
  EXPECT_THAT(page(), HasSubstr("_deliveries_total{outcome=\"dead_letter\",source=\"front\"} 1\n"));
}

TEST_F(SourceMetricsTest, WhatASourceCannotDoHasNoSeries) {
  EXPECT_THAT(page(), Not(HasSubstr("gantry_poll_rounds_total")));
  EXPECT_THAT(page(), Not(HasSubstr("gantry_stream_lag_seconds")));
  EXPECT_THAT(page(), Not(HasSubstr("gantry_batch_files_total")));
}

TEST_F(SourceMetricsTest, ANameThatNobodyConfiguredMakesNoLabel) {
  const auto counters = counted_.counters();
  counters.record("front", "stored");
  counters.record("made-up-by-a-caller", "stored");
  EXPECT_THAT(page(), HasSubstr("{outcome=\"stored\",source=\"front\"} 1\n"));
  EXPECT_THAT(page(), HasSubstr("{outcome=\"stored\",source=\"upload\"} 1\n"));
  EXPECT_THAT(page(), Not(HasSubstr("made-up")));
}

TEST_F(SourceMetricsTest, ASagaIsCountedByDocumentAndTimedOnce) {
  std::vector<stores::IngestedDocument> documents(3);
  for (auto& one : documents) one.document.received_at = clock_.at - std::chrono::seconds{2};
  std::vector<stores::saga::Outcome> outcomes(3);
  outcomes[0].kind = stores::saga::OutcomeKind::kSuccess;
  outcomes[1].kind = stores::saga::OutcomeKind::kSuccess;
  outcomes[1].cached = true;
  outcomes[2].kind = stores::saga::OutcomeKind::kPartial;
  counted_.written({"front", documents, outcomes, std::chrono::milliseconds{40}});
  const std::string text = page();
  EXPECT_THAT(text,
              HasSubstr("gantry_saga_documents_total{outcome=\"success\",source=\"front\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("gantry_saga_documents_total{outcome=\"cached\",source=\"front\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("gantry_saga_documents_total{outcome=\"partial\",source=\"front\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gantry_saga_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("gantry_saga_seconds_sum 0.04"));
  // The first only: the second was there before, the third is not there.
  EXPECT_THAT(text, HasSubstr("gantry_ingestion_latency_seconds_count{source=\"front\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gantry_ingestion_latency_seconds_sum{source=\"front\"} 2\n"));
}

TEST_F(SourceMetricsTest, TheLastDataIsTheStartUntilSomethingComes) {
  EXPECT_THAT(
      page(),
      HasSubstr("gantry_source_last_data_timestamp_seconds{source=\"front\"} 1700000000\n"));
  clock_.at += std::chrono::seconds{60};
  counted_.announce(*sources_->now());  // a reload is no data
  EXPECT_THAT(page(), HasSubstr("{source=\"front\"} 1700000000\n"));
  counted_.answered("front", std::chrono::milliseconds{1});
  EXPECT_THAT(
      page(),
      HasSubstr("gantry_source_last_data_timestamp_seconds{source=\"front\"} 1700000060\n"));
}

TEST_F(SourceMetricsTest, ACallIsCountedUnderItsCapabilityAndOutcome) {
  const auto meter = counted_.meter(*sources_->get("front"));
  const std::string verify = "call=\"verify\",capability=\"webhook\"";
  EXPECT_THAT(page(), HasSubstr("gantry_plugin_calls_total{" + verify +
                                ",outcome=\"rate_limited\",source=\"front\"} 0\n"));
  EXPECT_THAT(page(), Not(HasSubstr("call=\"poll\"")));
  meter(plugins::CallKind::kVerify, plugins::CallOutcome::kBug, std::chrono::milliseconds{5});
  EXPECT_THAT(page(), HasSubstr("gantry_plugin_calls_total{" + verify +
                                ",outcome=\"bug\",source=\"front\"} 1\n"));
  EXPECT_THAT(page(),
              HasSubstr("gantry_plugin_call_seconds_count{" + verify + ",source=\"front\"} 1\n"));
}

}  // namespace
}  // namespace gantry::app
