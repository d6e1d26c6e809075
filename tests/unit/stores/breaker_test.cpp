#include "host/stores/saga/breaker.hpp"

#include <gtest/gtest.h>

#include "tests/unit/stores/conformance/backend.hpp"

namespace gantry::stores::saga {
namespace {

using namespace std::chrono_literals;

class BreakerTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(breaker_.enter());
      breaker_.failed();
    }
  }
  conformance::FakeClock clock_;
  Breaker breaker_{{.failures = 5, .window = 60s, .open_for = 10s}, clock_};
};

TEST_F(BreakerTest, OpensAtTheFifthFailureWithinTheWindow) {
  fail(4);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  fail(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_FALSE(breaker_.enter());
}

TEST_F(BreakerTest, ForgetsFailuresOlderThanTheWindow) {
  fail(4);
  clock_.move(61s);
  fail(4);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, LetsOneCallProbeAndClosesOnItsSuccess) {
  fail(5);
  clock_.move(10s);
  EXPECT_TRUE(breaker_.enter());
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  EXPECT_FALSE(breaker_.enter());
  breaker_.succeeded();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  fail(4);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, OpensAgainWhenTheProbeFails) {
  fail(5);
  clock_.move(10s);
  fail(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_FALSE(breaker_.enter());
  clock_.move(10s);
  EXPECT_TRUE(breaker_.enter());
}

TEST_F(BreakerTest, AProbeThatNeverReturnsDoesNotShutItForEver) {
  fail(5);
  clock_.move(10s);
  EXPECT_TRUE(breaker_.enter());
  clock_.move(10s);
  EXPECT_TRUE(breaker_.enter());
}

TEST_F(BreakerTest, ASuccessFromBeforeTheOpeningDoesNotClose) {
  ASSERT_TRUE(breaker_.enter());  // slow, still under way
  fail(5);
  breaker_.succeeded();
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
}

}  // namespace
}  // namespace gantry::stores::saga
