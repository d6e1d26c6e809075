#include "host/net/request_gate.hpp"

#include <algorithm>
#include <stdexcept>

#include "host/net/retry_after.hpp"

namespace gantry::net {
namespace {

using std::chrono::nanoseconds;
using Time = TokenBucket::Time;

constexpr nanoseconds kMinute = std::chrono::minutes{1};
constexpr nanoseconds kSecond = std::chrono::seconds{1};
// How often a waiting call looks whether it was cancelled.
constexpr std::chrono::milliseconds kLook{20};

TokenBucket bucket(std::uint32_t count, nanoseconds window, std::uint32_t burst, Time now) {
  return {count, window, burst == 0 ? count / 10 : burst, now};
}

}  // namespace

TokenBucket::TokenBucket(std::uint32_t count, nanoseconds window, std::uint32_t burst, Time now)
    : full_at_(now) {
  if (count == 0) return;
  burst = std::clamp<std::uint32_t>(burst, 1, count);
  // burst at once and count - burst + 1 over the window: a window that begins at the burst ends
  // just before the last of them. Rounded up, so that no window ever holds one more.
  const auto flowing = std::int64_t{count} - burst + 1;
  interval_ = nanoseconds{(window.count() + flowing - 1) / flowing};
  depth_ = interval_ * (burst - 1);
}

nanoseconds TokenBucket::wait(Time now) const {
  if (interval_ == nanoseconds{0}) return nanoseconds{0};
  return std::max(nanoseconds{0}, nanoseconds{full_at_ - depth_ - now});
}

void TokenBucket::take(Time now) { full_at_ = std::max(full_at_, now) + interval_; }

RequestGate::RequestGate(GateLimits limits, const Clock& clock)
    : clock_(clock),
      limits_(limits),
      minute_(bucket(limits.per_minute, kMinute, limits.burst, clock.steady())),
      second_(bucket(limits.per_second, kSecond, limits.burst, clock.steady())),
      held_until_(clock.steady()) {}

nanoseconds RequestGate::wait_time(Time now) const {
  return std::max({minute_.wait(now), second_.wait(now), nanoseconds{held_until_ - now}});
}

boost::system::result<RequestGate::Pass, RequestGate::Refusal> RequestGate::enter(
    nanoseconds patience, const std::function<bool()>& cancelled) {
  std::unique_lock lock(mutex_);
  const Time begun = clock_.steady();
  while (true) {
    const Time now = clock_.steady();
    const nanoseconds turn = wait_time(now);
    const bool full = limits_.concurrent != 0 && under_way_ >= limits_.concurrent;
    if (turn <= nanoseconds{0} && !full) {
      minute_.take(now);
      second_.take(now);
      ++under_way_;
      return Pass(*this);
    }
    const nanoseconds left = patience - nanoseconds{now - begun};
    // Nobody knows when a slot gets free: a second is a guess that costs little.
    if (turn > left || left <= nanoseconds{0}) {
      return Refusal{ErrorKind::kUnavailable, turn > nanoseconds{0} ? turn : kSecond};
    }
    changed_.wait_for(lock, kLook);
    if (cancelled) {
      lock.unlock();
      if (cancelled()) return Refusal{ErrorKind::kCancelled, nanoseconds{0}};
      lock.lock();
    }
  }
}

void RequestGate::leave() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  changed_.notify_all();
}

void RequestGate::hold(nanoseconds time) {
  const std::lock_guard lock(mutex_);
  held_until_ =
      std::max(held_until_, clock_.steady() + std::clamp(time, nanoseconds{0}, kRetryAfterMax));
}

nanoseconds RequestGate::turn() const {
  const std::lock_guard lock(mutex_);
  return std::max(nanoseconds{0}, wait_time(clock_.steady()));
}

void RequestGate::set_limits(GateLimits limits) {
  {
    const std::lock_guard lock(mutex_);
    if (limits == limits_) return;
    const Time now = clock_.steady();
    limits_ = limits;
    minute_ = bucket(limits.per_minute, kMinute, limits.burst, now);
    second_ = bucket(limits.per_second, kSecond, limits.burst, now);
  }
  changed_.notify_all();
}

void throw_exception_from_error(const RequestGate::Refusal& refusal,
                                const boost::source_location&) {
  throw std::runtime_error("not let in: " + std::string(to_string(refusal.kind)));
}

}  // namespace gantry::net
