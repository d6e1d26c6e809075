#pragma once

#include <chrono>
#include <initializer_list>
#include <stop_token>

namespace gantry::app {

/// Signals as something to wait for, instead of handlers. Make it before the first thread, so that
/// every thread has them blocked. [main]
class Signals {
 public:
  static constexpr std::chrono::milliseconds kForEver{-1};

  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The signal that came, or 0 after wake(), a stop or the time. [blocking]
  int wait(const std::stop_token& stop = {}, std::chrono::milliseconds time = kForEver);
  /// Ends a wait. [any-thread]
  void wake() noexcept;

 private:
  int signal_fd_;
  int wake_fd_;
};

}  // namespace gantry::app
