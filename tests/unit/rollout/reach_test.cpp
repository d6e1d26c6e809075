#include "host/rollout/reach.hpp"

#include <gtest/gtest.h>

namespace gantry::rollout {
namespace {

using std::chrono::seconds;

constexpr Reach::Time kStart{seconds{1'000}};

TEST(Reach, AHiccupIsNoOutage) {
  Reach reach(seconds{10}, seconds{5});
  EXPECT_FALSE(reach.failed(kStart));
  EXPECT_FALSE(reach.failed(kStart + seconds{9}));
  EXPECT_FALSE(reach.away(kStart + seconds{9}));
  EXPECT_TRUE(reach.ask(kStart + seconds{9}));
}

TEST(Reach, AnOutageIsToldOnceAndEndsWithTheFirstAnswer) {
  Reach reach(seconds{10}, seconds{5});
  reach.failed(kStart);
  EXPECT_TRUE(reach.failed(kStart + seconds{10}));
  EXPECT_FALSE(reach.failed(kStart + seconds{11}));
  EXPECT_TRUE(reach.away(kStart + seconds{11}));
  EXPECT_TRUE(reach.answered());
  EXPECT_FALSE(reach.away(kStart + seconds{12}));
  EXPECT_FALSE(reach.answered());
}

TEST(Reach, WhileItIsAwayOneCallerPerPauseLooks) {
  Reach reach(seconds{10}, seconds{5});
  reach.failed(kStart);
  reach.failed(kStart + seconds{10});
  EXPECT_FALSE(reach.ask(kStart + seconds{14}));
  EXPECT_TRUE(reach.ask(kStart + seconds{15}));
  EXPECT_FALSE(reach.ask(kStart + seconds{15}));
}

TEST(Reach, AnAnswerBetweenTwoFailuresBeginsTheGraceAnew) {
  Reach reach(seconds{10}, seconds{5});
  reach.failed(kStart);
  EXPECT_FALSE(reach.answered());
  reach.failed(kStart + seconds{8});
  EXPECT_FALSE(reach.away(kStart + seconds{17}));
  EXPECT_TRUE(reach.away(kStart + seconds{18}));
}

}  // namespace
}  // namespace gantry::rollout
