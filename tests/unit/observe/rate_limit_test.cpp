#include "host/observe/rate_limit.hpp"

#include <gtest/gtest.h>

namespace gantry::observe {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::steady_clock::time_point kStart{};

TEST(RateLimit, TheNextWindowTellsWhatTheLastOneSilenced) {
  RateLimit limit(2, 10s);
  EXPECT_TRUE(limit.ask("a", kStart).pass);
  EXPECT_TRUE(limit.ask("a", kStart + 1s).pass);
  EXPECT_FALSE(limit.ask("a", kStart + 2s).pass);
  EXPECT_FALSE(limit.ask("a", kStart + 9s).pass);
  const auto verdict = limit.ask("a", kStart + 10s);
  EXPECT_TRUE(verdict.pass);
  EXPECT_EQ(verdict.silenced, 2u);
  EXPECT_EQ(limit.ask("a", kStart + 11s).silenced, 0u);
}

TEST(RateLimit, KeysDoNotShareTheirCount) {
  RateLimit limit(1, 10s);
  EXPECT_TRUE(limit.ask("a", kStart).pass);
  EXPECT_TRUE(limit.ask("b", kStart).pass);
  EXPECT_FALSE(limit.ask("a", kStart).pass);
}

TEST(RateLimit, TakeTellsOnceAndForgets) {
  RateLimit limit(1, 10s);
  for (int i = 0; i < 4; ++i) limit.ask("a", kStart);
  const auto told = limit.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].key, "a");
  EXPECT_EQ(told[0].count, 3u);
  EXPECT_TRUE(limit.take().empty());
}

TEST(RateLimit, HostileKeysFillNoMemoryAndSilenceNobody) {
  RateLimit limit(1, 10s);
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(limit.ask(std::to_string(i), kStart).pass);
  // Beyond the bound nothing is remembered, so nothing is silenced either.
  EXPECT_TRUE(limit.ask("9999", kStart).pass);
  // Old keys make room.
  EXPECT_TRUE(limit.ask("late", kStart + 10s).pass);
  EXPECT_FALSE(limit.ask("late", kStart + 10s).pass);
}

}  // namespace
}  // namespace gantry::observe
