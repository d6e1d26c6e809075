#include "host/rollout/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace gantry::rollout {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInf = std::numeric_limits<double>::infinity();

/// All of them took between `low` and `high` seconds, spread evenly.
PathStats path(double ended, double errors, double low = 0.1, double high = 0.2) {
  return {ended, errors, {{low, 0}, {high, ended}, {kInf, ended}}};
}

TEST(Quantile, IsLinearInsideItsBucket) {
  EXPECT_DOUBLE_EQ(*path(100, 0, 1, 2).quantile(0.5), 1.5);
  EXPECT_DOUBLE_EQ(*path(100, 0, 1, 2).quantile(0.99), 1.99);
}

TEST(Quantile, OfTheFirstBucketBeginsAtZero) {
  const PathStats stats{10, 0, {{0.5, 10}, {kInf, 10}}};
  EXPECT_DOUBLE_EQ(*stats.quantile(0.5), 0.25);
}

TEST(Quantile, BeyondTheLastBoundIsThatBound) {
  const PathStats stats{10, 0, {{0.5, 1}, {60, 2}, {kInf, 10}}};
  EXPECT_DOUBLE_EQ(*stats.quantile(0.99), 60);
}

TEST(Quantile, OfNothingIsNothing) {
  EXPECT_FALSE(PathStats{}.quantile(0.5));
  EXPECT_FALSE(path(0, 0).quantile(0.5));
}

TEST(Judge, EqualPathsAreGood) {
  EXPECT_EQ(judge(path(100, 0), path(100, 0), {}).verdict, Verdict::kGood);
  EXPECT_EQ(judge(path(100, 5), path(100, 5), {}).verdict, Verdict::kGood);
}

TEST(Judge, TwiceTheErrorRateStopsAndJustBelowDoesNot) {
  const auto twice = judge(path(1'000, 20), path(1'000, 10), {});
  EXPECT_EQ(twice.verdict, Verdict::kBad);
  EXPECT_THAT(twice.reasons, ElementsAre(HasSubstr("2.00 % through Temporal, 1.00 %")));
  EXPECT_EQ(judge(path(1'000, 19), path(1'000, 10), {}).verdict, Verdict::kGood);
}

TEST(Judge, ErrorsBesideADirectPathWithoutAnyStop) {
  EXPECT_EQ(judge(path(1'000, 3), path(1'000, 0), {}).verdict, Verdict::kBad);
}

TEST(Judge, TwoDeadLettersAreNoRate) {
  EXPECT_EQ(judge(path(100, 2), path(100, 0), {}).verdict, Verdict::kGood);
}

TEST(Judge, FiveTimesTheP99StopsAndJustBelowDoesNot) {
  const auto slow = judge(path(100, 0, 0, 5), path(100, 0, 0, 1), {});
  EXPECT_EQ(slow.verdict, Verdict::kBad);
  EXPECT_THAT(slow.reasons, ElementsAre(HasSubstr("P99 4.950 s through Temporal, 0.990 s")));
  EXPECT_EQ(judge(path(100, 0, 0, 4.9), path(100, 0, 0, 1), {}).verdict, Verdict::kGood);
}

TEST(Judge, AP99BelowTheFloorIsNeverTooSlow) {
  EXPECT_EQ(judge(path(100, 0, 0, 0.5), path(100, 0, 0, 0.01), {.p99_floor = 1}).verdict,
            Verdict::kGood);
}

TEST(Judge, TooFewSamplesGiveNoVerdictAndNameThePath) {
  const auto judged = judge(path(99, 50), path(1'000, 0), {});
  EXPECT_EQ(judged.verdict, Verdict::kTooFew);
  EXPECT_THAT(judged.reasons, ElementsAre(HasSubstr("99 documents ended on the temporal path")));
  EXPECT_EQ(judge(path(1'000, 0), path(0, 0), {}).verdict, Verdict::kTooFew);
}

TEST(Judge, BothReasonsAreTold) {
  EXPECT_EQ(judge(path(1'000, 100, 0, 10), path(1'000, 1, 0, 1), {}).reasons.size(), 2U);
}

}  // namespace
}  // namespace gantry::rollout
