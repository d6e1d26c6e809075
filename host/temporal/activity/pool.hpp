#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gantry::temporal::activity {

/// A bounded number of threads for blocking work. They start when work waits and no thread is
/// idle, so that a quiet process stays small. [any-thread]
class Pool {
 public:
  explicit Pool(std::size_t threads_max) : threads_max_(threads_max) {}
  /// Runs what was submitted, then joins.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// `work` must not throw.
  void submit(std::function<void()> work);
  std::size_t threads() const;

 private:
  void serve();

  const std::size_t threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::size_t idle_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gantry::temporal::activity
