#include "host/net/request_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace gantry::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  Instant now() const override { return Instant{steady().time_since_epoch()}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{nanoseconds{at_.load()}};
  }
  void advance(nanoseconds time) { at_ += time.count(); }

 private:
  std::atomic<std::int64_t> at_{5'000'000'000'000};
};

/// Lets in, or says how long to wait; never waits itself.
nanoseconds try_enter(RequestGate& gate) {
  const auto entered = gate.enter(nanoseconds{0}, {});
  return entered ? nanoseconds{0} : entered.error().retry_after;
}

TEST(RequestGate, WithoutLimitsEverythingPasses) {
  ManualClock clock;
  RequestGate gate({}, clock);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(try_enter(gate), nanoseconds{0});
}

TEST(RequestGate, OneAMinuteIsOneAMinute) {
  ManualClock clock;
  RequestGate gate({.per_minute = 1}, clock);
  EXPECT_EQ(try_enter(gate), nanoseconds{0});
  EXPECT_EQ(try_enter(gate), seconds{60});
  clock.advance(seconds{59});
  EXPECT_EQ(try_enter(gate), seconds{1});
  clock.advance(seconds{1});
  EXPECT_EQ(try_enter(gate), nanoseconds{0});
}

TEST(RequestGate, ABurstGoesAtOnceAndThenTheRestFlowsEvenly) {
  // Front's smallest plan: 50 a minute. A burst of 5, then 46 over the minute: one in 1.304 s.
  ManualClock clock;
  RequestGate gate({.per_minute = 50}, clock);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(try_enter(gate), nanoseconds{0}) << i;
  const nanoseconds wait = try_enter(gate);
  EXPECT_EQ(std::chrono::ceil<milliseconds>(wait), milliseconds{1305});
}

TEST(RequestGate, NoWindowEverHoldsMoreThanItsLimit) {
  struct Case {
    GateLimits limits;
    nanoseconds window;
    std::size_t count;
  };
  for (const Case& one :
       {Case{{.per_minute = 50}, minutes{1}, 50},
        Case{{.per_minute = 50, .burst = 50}, minutes{1}, 50},
        Case{{.per_minute = 7, .burst = 3}, minutes{1}, 7}, Case{{.per_second = 5}, seconds{1}, 5},
        Case{{.per_second = 5, .burst = 2}, seconds{1}, 5},
        Case{{.per_minute = 100, .per_second = 3}, seconds{1}, 3}}) {
    ManualClock clock;
    RequestGate gate(one.limits, clock);
    std::deque<nanoseconds> begun;
    for (int step = 0; step < 40'000; ++step) {
      if (step == 20'000) clock.advance(minutes{5});  // a rest fills the bucket again
      const nanoseconds now = clock.steady().time_since_epoch();
      if (try_enter(gate) == nanoseconds{0}) begun.push_back(now);
      while (!begun.empty() && begun.front() <= now - one.window) begun.pop_front();
      ASSERT_LE(begun.size(), one.count);
      clock.advance(milliseconds{7});
    }
  }
}

TEST(RequestGate, AHoldShutsTheDoorForAllAndTheLongestCounts) {
  ManualClock clock;
  RequestGate gate({}, clock);
  gate.hold(seconds{30});
  gate.hold(seconds{10});
  EXPECT_EQ(try_enter(gate), seconds{30});
  EXPECT_EQ(gate.turn(), seconds{30});
  clock.advance(seconds{30});
  EXPECT_EQ(try_enter(gate), nanoseconds{0});
  gate.hold(std::chrono::hours{24});
  EXPECT_EQ(try_enter(gate), minutes{15});
  gate.set_limits({.per_minute = 10});
  EXPECT_EQ(try_enter(gate), minutes{15}) << "a reload must not open a door that the vendor shut";
}

TEST(RequestGate, ASlotIsFreeAgainWhenItsRequestEnds) {
  ManualClock clock;
  RequestGate gate({.concurrent = 2}, clock);
  auto first = std::make_optional(gate.enter(nanoseconds{0}, {}));
  const auto second = gate.enter(nanoseconds{0}, {});
  ASSERT_TRUE(*first && second);
  EXPECT_GT(try_enter(gate), nanoseconds{0});
  first.reset();
  EXPECT_EQ(try_enter(gate), nanoseconds{0});
}

TEST(RequestGate, AWaiterGoesInWhenItsTurnComes) {
  ManualClock clock;
  RequestGate gate({.per_minute = 6}, clock);
  ASSERT_EQ(try_enter(gate), nanoseconds{0});
  std::atomic<bool> waiting{false};
  std::atomic<bool> entered{false};
  std::thread waiter([&] {
    const auto pass = gate.enter(seconds{20}, [&] {
      waiting = true;
      return false;
    });
    entered = pass.has_value();
  });
  while (!waiting) std::this_thread::yield();
  EXPECT_FALSE(entered);
  clock.advance(seconds{10});
  waiter.join();
  EXPECT_TRUE(entered);
}

TEST(RequestGate, AWaiterForASlotGoesInWhenOneIsFree) {
  ManualClock clock;
  RequestGate gate({.concurrent = 1}, clock);
  std::atomic<bool> waiting{false};
  std::atomic<bool> entered{false};
  auto held = std::make_optional(gate.enter(nanoseconds{0}, {}));
  std::thread waiter([&] {
    const auto pass = gate.enter(seconds{20}, [&] {
      waiting = true;
      return false;
    });
    entered = pass.has_value();
  });
  while (!waiting) std::this_thread::yield();
  held.reset();
  waiter.join();
  EXPECT_TRUE(entered);
}

TEST(RequestGate, AWaitThatGrowsBeyondThePatienceEndsWithWhatIsLeft) {
  ManualClock clock;
  RequestGate gate({.per_minute = 6}, clock);
  ASSERT_EQ(try_enter(gate), nanoseconds{0});
  std::atomic<bool> waiting{false};
  nanoseconds retry_after{0};
  std::thread waiter([&] {
    const auto pass = gate.enter(seconds{20}, [&] {
      waiting = true;
      return false;
    });
    if (!pass) retry_after = pass.error().retry_after;
  });
  while (!waiting) std::this_thread::yield();
  gate.hold(seconds{300});
  waiter.join();
  EXPECT_EQ(retry_after, seconds{300});
}

TEST(RequestGate, ACancelledWaiterLeavesAndTakesNoToken) {
  ManualClock clock;
  RequestGate gate({.per_minute = 6}, clock);
  ASSERT_EQ(try_enter(gate), nanoseconds{0});
  const auto refused = gate.enter(seconds{20}, [] { return true; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(try_enter(gate), seconds{10});
}

}  // namespace
}  // namespace gantry::net
