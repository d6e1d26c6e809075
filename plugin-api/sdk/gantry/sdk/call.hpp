#pragma once

#include <chrono>

#include "gantry/sdk/failure.hpp"

namespace gantry::sdk {

/// One call in flight, borrowed from the host. [concurrent]
class Call {
 public:
  explicit Call(const gantry_call* call) noexcept : call_(call) {}

  bool cancelled() const noexcept { return call_->cancelled(call_) != 0; }
  /// Throws kCancelled once the host wants the call to end. For long loops.
  void throw_if_cancelled() const {
    if (cancelled()) throw Failure(Status::kCancelled, "cancelled by the host");
  }
  std::chrono::nanoseconds remaining() const noexcept {
    return std::chrono::nanoseconds(call_->remaining_ns(call_));
  }
  /// Work got done. Never from a timer: it would make a hung call look alive.
  void progress() const noexcept { call_->progress(call_); }

  const gantry_call* abi() const noexcept { return call_; }

 private:
  const gantry_call* call_;
};

}  // namespace gantry::sdk
