#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace gantry::temporal {

/// Counts what is under way, so that an end can wait for it. [any-thread]
class Tally {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    // Notified under the lock: whoever waits may destroy this as soon as it sees zero.
    if (--count_ == 0) zero_.notify_all();
  }
  void wait_for_zero() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  std::size_t count_ = 0;
};

}  // namespace gantry::temporal
