#include "host/ingress/dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/ingress/support.hpp"

namespace gantry::ingress::test {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::ElementsAre;

/// An engine whose behaviour is the test's; keeps what it was asked to start, in order.
class FakeEngine final : public DeliveryStarter {
 public:
  using Behaviour = std::function<Result<Start>(const std::string& id, int attempt)>;

  Result<Start> start(std::string_view, std::string_view id) override {
    std::unique_lock lock(mutex_);
    const std::string text(id);
    calls_.push_back(text);
    const int attempt = ++attempts_[text];
    running_max_ = std::max(running_max_, ++running_);
    const Behaviour behaviour = behaviour_;
    changed_.notify_all();
    lock.unlock();
    Result<Start> outcome = behaviour ? behaviour(text, attempt) : Result<Start>();
    lock.lock();
    --running_;
    return outcome;
  }
  void behave(Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = std::move(behaviour);
  }
  void wait_for_calls(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_.size() >= count; });
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  int running_max() const {
    const std::lock_guard lock(mutex_);
    return running_max_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Behaviour behaviour_;
  std::vector<std::string> calls_;
  std::map<std::string, int> attempts_;
  int running_ = 0;
  int running_max_ = 0;
};

class DispatcherTest : public ::testing::Test {
 protected:
  void SetUp() override { inbox_ = open_inbox(directory_.path()); }
  void TearDown() override {
    if (dispatcher_) dispatcher_->stop();
  }
  void start(std::size_t concurrency = 4) {
    DispatcherOptions options;
    options.concurrency = concurrency;
    options.read_ahead = 16;
    options.attempts_max = 3;
    options.backoff_initial = milliseconds{2};
    options.backoff_max = milliseconds{8};
    options.later_initial = later_;
    options.later_max = later_;
    options.delayed_max = delayed_max_;
    options.log = [this](LogLevel, std::string_view event, const LogFields&) {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(event);
      changed_.notify_all();
    };
    dispatcher_ = std::make_unique<Dispatcher>(*inbox_, engine_, std::move(options));
    dispatcher_->start();
  }
  void store(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      ASSERT_TRUE(append(*inbox_, delivery("front", std::to_string(i))));
    }
  }
  void wait_until_nothing_is_pending() {
    while (inbox_->counts().pending > 0 || dispatcher_->counts().in_flight > 0) {
      std::this_thread::yield();
    }
  }
  void wait_for_event(const std::string& event) {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [&] { return std::find(events_.begin(), events_.end(), event) != events_.end(); });
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  const TempDir directory_;
  milliseconds later_{2};
  std::size_t delayed_max_ = 100;
  FakeEngine engine_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

TEST_F(DispatcherTest, StartsWhatAnEarlierRunLeftAndWhatComesInOrder) {
  store(0, 40);
  start(1);
  store(40, 10);
  wait_until_nothing_is_pending();
  EXPECT_EQ(engine_.calls(), numbers(50));
  EXPECT_EQ(inbox_->status("front", "49")->state, DeliveryState::kStarted);
}

TEST_F(DispatcherTest, AnAppendWakesIt) {
  start();
  for (int i = 0; i < 20; ++i) {
    store(i, 1);
    engine_.wait_for_calls(static_cast<std::size_t>(i) + 1);
  }
  wait_until_nothing_is_pending();
  EXPECT_EQ(dispatcher_->counts().started, 20u);
}

TEST_F(DispatcherTest, NoMoreStartsAtOnceThanAllowed) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  engine_.behave([gate](const std::string&, int) -> Result<Start> {
    gate.wait();
    return {};
  });
  store(0, 20);
  start(3);
  engine_.wait_for_calls(3);
  EXPECT_EQ(dispatcher_->counts().in_flight, 3u);
  go.set_value();
  wait_until_nothing_is_pending();
  EXPECT_EQ(engine_.running_max(), 3);
}

TEST_F(DispatcherTest, AnEngineThatIsAwayLosesNothingAndIsLoggedOnce) {
  std::atomic<bool> away{true};
  engine_.behave([&](const std::string&, int) -> Result<Start> {
    if (away) return Error(ErrorKind::kUnavailable, "engine away");
    return {};
  });
  store(0, 30);
  start();
  engine_.wait_for_calls(12);
  EXPECT_TRUE(dispatcher_->counts().paused);
  store(30, 5);
  away = false;
  wait_until_nothing_is_pending();
  wait_for_event("dispatch_resumed");
  EXPECT_THAT(events(), ElementsAre("dispatch_paused", "dispatch_resumed"));
  EXPECT_EQ(dispatcher_->counts().started, 35u);
  EXPECT_FALSE(dispatcher_->counts().paused);
}

TEST_F(DispatcherTest, WhileTheEngineIsAwayOneDeliveryIsTriedAtATimeAndOrderIsKept) {
  std::atomic<bool> away{true};
  engine_.behave([&](const std::string&, int) -> Result<Start> {
    if (away) return Error(ErrorKind::kUnavailable, "engine away");
    return {};
  });
  store(0, 10);
  start(1);
  engine_.wait_for_calls(5);
  const auto during = engine_.calls();
  EXPECT_THAT(std::vector(during.begin(), during.begin() + 5), Each("0"));
  away = false;
  wait_until_nothing_is_pending();
  auto calls = engine_.calls();
  calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
  EXPECT_EQ(calls, numbers(10));
}

TEST_F(DispatcherTest, ADeliveryThatCannotStartIsDeadAfterItsTriesAndHoldsNobodyUp) {
  engine_.behave([](const std::string& id, int) -> Result<Start> {
    if (id == "3") return Error(ErrorKind::kInvalid, "no such workflow");
    return {};
  });
  store(0, 10);
  start();
  wait_until_nothing_is_pending();
  wait_for_event("delivery_dead");
  const auto status = inbox_->status("front", "3").value();
  EXPECT_EQ(status.state, DeliveryState::kDead);
  EXPECT_EQ(status.reason, "no such workflow");
  const auto calls = engine_.calls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "3"), 3);
  EXPECT_EQ(dispatcher_->counts().started, 9u);
  EXPECT_EQ(dispatcher_->counts().dead, 1u);
}

TEST_F(DispatcherTest, GivingUpWhileDeliveriesArriveStopsNeither) {
  engine_.behave([](const std::string&, int) -> Result<Start> {
    return Error(ErrorKind::kInvalid, "no such workflow");
  });
  start();
  store(0, 60);
  wait_until_nothing_is_pending();
  EXPECT_EQ(dispatcher_->counts().dead, 60u);
}

TEST_F(DispatcherTest, AFailureThatPassesIsTriedAgain) {
  engine_.behave([](const std::string&, int attempt) -> Result<Start> {
    if (attempt < 3) return Error(ErrorKind::kInternal, "hiccup");
    return {};
  });
  store(0, 5);
  start();
  wait_until_nothing_is_pending();
  EXPECT_EQ(inbox_->status("front", "0")->state, DeliveryState::kStarted);
  EXPECT_EQ(dispatcher_->counts().failed_attempts, 10u);
}

TEST_F(DispatcherTest, OneThatIsNotReadyHoldsNobodyUpAndIsTriedWithoutEnd) {
  std::atomic<bool> ready{false};
  engine_.behave([&](const std::string& id, int) -> Result<Start> {
    return id == "3" && !ready ? Start::kLater : Start::kDone;
  });
  store(0, 10);
  start(1);
  engine_.wait_for_calls(30);  // far more than attempts_max for the one
  EXPECT_EQ(inbox_->counts().pending, 1u);
  EXPECT_EQ(inbox_->status("front", "3")->state, DeliveryState::kReceived);
  EXPECT_EQ(dispatcher_->counts().started, 9u);
  EXPECT_EQ(dispatcher_->counts().failed_attempts, 0u);
  ready = true;
  wait_until_nothing_is_pending();
  EXPECT_EQ(inbox_->status("front", "3")->state, DeliveryState::kStarted);
}

TEST_F(DispatcherTest, RetryNowEndsTheWaitOfAllThatArePutOff) {
  later_ = std::chrono::hours{1};
  engine_.behave([](const std::string&, int attempt) -> Result<Start> {
    return attempt == 1 ? Start::kLater : Start::kDone;
  });
  store(0, 10);
  start();
  while (dispatcher_->counts().delayed < 10) std::this_thread::yield();
  dispatcher_->retry_now();
  wait_until_nothing_is_pending();
  EXPECT_EQ(dispatcher_->counts().started, 10u);
}

TEST_F(DispatcherTest, NoMoreArePutOffThanItMayRemember) {
  later_ = std::chrono::hours{1};
  delayed_max_ = 4;
  engine_.behave([](const std::string&, int attempt) -> Result<Start> {
    return attempt == 1 ? Start::kLater : Start::kDone;
  });
  store(0, 40);
  start(1);
  engine_.wait_for_calls(16);  // one page of the inbox
  while (dispatcher_->counts().in_flight > 0) std::this_thread::yield();
  EXPECT_EQ(dispatcher_->counts().delayed, 16u);
  while (inbox_->counts().pending > 0) dispatcher_->retry_now();
  wait_until_nothing_is_pending();
  EXPECT_EQ(dispatcher_->counts().started, 40u);
}

TEST_F(DispatcherTest, StopLetsAStartInFlightFinishAndKeepsTheRest) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  engine_.behave([gate](const std::string&, int) -> Result<Start> {
    gate.wait();
    return {};
  });
  store(0, 5);
  start(1);
  engine_.wait_for_calls(1);
  std::thread stopper([&] { dispatcher_->stop(); });
  go.set_value();
  stopper.join();
  const auto started = dispatcher_->counts().started;
  EXPECT_GE(started, 1u);
  EXPECT_EQ(inbox_->counts().pending, 5u - started);
  EXPECT_EQ(inbox_->status("front", "0")->state, DeliveryState::kStarted);
}

TEST_F(DispatcherTest, AFreshOneGoesOnWhereTheLastStopped) {
  store(0, 5);
  start(1);
  wait_until_nothing_is_pending();
  dispatcher_->stop();
  store(5, 5);
  start(1);
  wait_until_nothing_is_pending();
  EXPECT_EQ(engine_.calls(), numbers(10));
}

}  // namespace
}  // namespace gantry::ingress::test
