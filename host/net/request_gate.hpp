#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry::net {

/// How often one caller may send. 0 means without limit.
struct GateLimits {
  std::uint32_t per_minute = 0;
  std::uint32_t per_second = 0;
  std::uint32_t burst = 0;  ///< Sent at once after a rest; 0: a tenth of each limit, at least 1.
  std::uint32_t concurrent = 0;

  bool operator==(const GateLimits&) const = default;
};

/// A token bucket that never lets more than `count` requests begin within any `window`: it holds
/// `burst` tokens and fills so slowly that a full bucket and what flows in stay below the count.
/// Not locked.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A count of 0 is no limit; the burst is cut to the count, and is at least 1.
  TokenBucket(std::uint32_t count, std::chrono::nanoseconds window, std::uint32_t burst, Time now);

  /// How long until a token is there; zero where one is.
  std::chrono::nanoseconds wait(Time now) const;
  void take(Time now);

 private:
  // A bucket as one instant (GCRA): the time at which it is full again.
  std::chrono::nanoseconds interval_{0};
  std::chrono::nanoseconds depth_{0};  ///< What burst - 1 tokens take to flow in.
  Time full_at_;
};

/// The one door through which all calls of a source reach its vendor, whatever thread and whatever
/// connector instance they come from: paces them, and shuts for all when the vendor says "wait".
///
/// It counts this process only: several hosts that share a source share the vendor's limit, too,
/// and each is given its part by configuration. [any-thread]
class RequestGate {
 public:
  explicit RequestGate(GateLimits limits = {}, const Clock& clock = system_clock());
  RequestGate(const RequestGate&) = delete;
  RequestGate& operator=(const RequestGate&) = delete;

  /// One request under way; the slot is free again when it goes.
  class [[nodiscard]] Pass {
   public:
    explicit Pass(RequestGate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    RequestGate* gate_;
  };

  /// How long until a call may try again; the kind says why it was not let in.
  struct Refusal {
    ErrorKind kind = ErrorKind::kUnavailable;  ///< kUnavailable or kCancelled.
    std::chrono::nanoseconds retry_after{0};
  };

  /// Waits for the turn. Where that is further away than `patience` it is refused at once, since
  /// who waits durably should do the waiting. `cancelled` may be empty. [blocking]
  boost::system::result<Pass, Refusal> enter(std::chrono::nanoseconds patience,
                                             const std::function<bool()>& cancelled);

  /// The vendor said wait: nobody enters before then. The longest of several counts; more than
  /// kRetryAfterMax is cut.
  void hold(std::chrono::nanoseconds time);

  /// How long a request would wait for its turn now; zero for none.
  std::chrono::nanoseconds turn() const;

  /// New limits from a reload. A hold and requests under way stay.
  void set_limits(GateLimits limits);

 private:
  void leave();
  /// Zero where a request may begin now; the lock is held.
  std::chrono::nanoseconds wait_time(TokenBucket::Time now) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  GateLimits limits_;
  TokenBucket minute_;
  TokenBucket second_;
  TokenBucket::Time held_until_;
  std::uint32_t under_way_ = 0;
};

[[noreturn]] void throw_exception_from_error(const RequestGate::Refusal& refusal,
                                             const boost::source_location&);

}  // namespace gantry::net
