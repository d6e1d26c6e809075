#include "host/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace gantry::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Metrics, ACounterCountsPerLabelSet) {
  Metrics metrics;
  const CounterFamily requests = metrics.counter("gantry_ingress_requests_total", "Requests.");
  const Counter accepted = requests.with({{"result", "accepted"}});
  accepted.add();
  accepted.add(2);
  requests.with({{"result", "rejected"}}).add();
  EXPECT_THAT(metrics.render(), HasSubstr("# HELP gantry_ingress_requests_total Requests.\n"
                                          "# TYPE gantry_ingress_requests_total counter\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_ingress_requests_total{result=\"accepted\"} 3"));
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_ingress_requests_total{result=\"rejected\"} 1"));
}

TEST(Metrics, TheSameNameIsTheSameFamily) {
  Metrics metrics;
  metrics.gauge("gantry_inbox_depth", "Waiting deliveries.").with().set(4);
  metrics.gauge("gantry_inbox_depth", "Waiting deliveries.").with().add(-1);
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_inbox_depth 3"));
}

TEST(MetricsDeathTest, ANameWithAnotherMeaningIsABug) {
  Metrics metrics;
  metrics.gauge("gantry_inbox_depth", "Waiting deliveries.");
  EXPECT_DEATH(metrics.gauge("gantry_inbox_depth", "Else."), "");
  EXPECT_DEATH(metrics.counter("gantry_inbox_depth", "Waiting deliveries."), "");
  EXPECT_DEATH(metrics.counter("gantry_things", "No _total."), "");
  EXPECT_DEATH(metrics.gauge("inbox_depth", "No prefix."), "");
  EXPECT_DEATH(metrics.gauge("gantry_no_help", ""), "");
}

TEST(Metrics, AHistogramCountsEachValueInEveryBucketAboveIt) {
  Metrics metrics;
  const Histogram seconds = metrics.histogram("gantry_x_seconds", "Time.", {0.1, 1}).with();
  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("# TYPE gantry_x_seconds histogram"));
  EXPECT_THAT(text, HasSubstr("gantry_x_seconds_count 3"));
  EXPECT_THAT(text, HasSubstr("gantry_x_seconds_sum 5.5"));
  EXPECT_TRUE(
      std::regex_search(text, std::regex("gantry_x_seconds_bucket\\{le=\"0.1[0]*1?\"\\} 1\n")))
      << text;
  EXPECT_THAT(text, HasSubstr("gantry_x_seconds_bucket{le=\"1\"} 2"));
  EXPECT_THAT(text, HasSubstr("gantry_x_seconds_bucket{le=\"+Inf\"} 3"));
}

TEST(Metrics, ACollectorIsAskedOnEachRender) {
  Metrics metrics;
  double age = 1;
  metrics.collect("gantry_inbox_oldest_seconds", "Age of the oldest delivery.",
                  [&age] { return std::vector<Metrics::Sample>{{{{"source", "front"}}, age}}; });
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_inbox_oldest_seconds{source=\"front\"} 1\n"));
  age = 2.5;
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_inbox_oldest_seconds{source=\"front\"} 2.5\n"));
}

TEST(Metrics, ACounterThatSomebodyElseKeepsIsServedAsACounter) {
  Metrics metrics;
  metrics.collect_counter("gantry_inbox_stored_total", "Deliveries stored.",
                          [] { return std::vector<Metrics::Sample>{{{}, 36}}; });
  EXPECT_EQ(metrics.render(),
            "# HELP gantry_inbox_stored_total Deliveries stored.\n"
            "# TYPE gantry_inbox_stored_total counter\n"
            "gantry_inbox_stored_total 36\n");
}

TEST(Metrics, AFamilyWithoutASeriesIsNotShown) {
  Metrics metrics;
  metrics.counter("gantry_nothing_total", "Nothing.");
  EXPECT_EQ(metrics.render(), "");
}

TEST(Metrics, LabelValuesAreEscaped) {
  // Backslash, quote and newline: the format's three escapes.
  Metrics metrics;
  metrics.gauge("gantry_x", "X.").with({{"file", "a\\b\"c\nd"}}).set(1);
  EXPECT_THAT(metrics.render(), HasSubstr("gantry_x{file=\"a\\\\b\\\"c\\nd\"} 1"));
}

// https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
TEST(Metrics, TheTextKeepsTheRulesOfTheExpositionFormat) {
  Metrics metrics;
  metrics.counter("gantry_a_total", "A.").with({{"x", "1"}}).add();
  metrics.counter("gantry_a_total", "A.").with({{"x", "2"}}).add();
  metrics.gauge("gantry_b", "B, with a \\ in its help.").with().set(-1.5);
  metrics.histogram("gantry_c_seconds", "C.").with({{"op", "get"}}).observe(0.2);
  metrics.collect("gantry_d", "D.", [] { return std::vector<Metrics::Sample>{{{}, 1}}; });
  const std::string text = metrics.render();
  ASSERT_TRUE(text.ends_with('\n'));

  const std::regex comment("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
  const std::regex sample(
      "([a-zA-Z_:][a-zA-Z0-9_:]*)"
      "(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\n]|\\\\[\\\\\"n])*\""
      "(,[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\n]|\\\\[\\\\\"n])*\")*\\})?"
      " (-?[0-9.]+(e[+-]?[0-9]+)?|[+-]Inf|NaN)( -?[0-9]+)?");
  std::set<std::string> typed, series;
  std::string family;
  for (const std::string& line : lines_of(text)) {
    std::smatch parts;
    if (std::regex_match(line, parts, comment)) {
      family = parts[2];
      if (parts[1] == "TYPE") {
        EXPECT_TRUE(typed.insert(family).second) << "two TYPE lines: " << line;
      }
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
    EXPECT_EQ(parts[1].str().rfind(family, 0), 0u) << "outside its group: " << line;
    EXPECT_TRUE(series.insert(parts[1].str() + parts[2].str()).second) << "twice: " << line;
  }
  EXPECT_EQ(typed,
            (std::set<std::string>{"gantry_a_total", "gantry_b", "gantry_c_seconds", "gantry_d"}));
}

}  // namespace
}  // namespace gantry::observe
