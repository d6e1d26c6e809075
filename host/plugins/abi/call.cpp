#include "host/plugins/abi/call.hpp"

#include <algorithm>

namespace gantry::plugins::abi {
namespace {

using std::chrono::steady_clock;

Call* self_of(const gantry_call* call) { return static_cast<Call*>(call->impl); }

}  // namespace

Call::Call(const CallScope& scope) : scope_(scope) {
  native_.struct_size = sizeof native_;
  native_.impl = this;
  native_.cancelled = [](const gantry_call* call) noexcept -> std::int32_t {
    return self_of(call)->is_cancelled() ? 1 : 0;
  };
  native_.remaining_ns = [](const gantry_call* call) noexcept -> std::int64_t {
    const auto& deadline = self_of(call)->scope_.deadline;
    if (!deadline) return INT64_MAX;
    return std::max<std::int64_t>(
        0, std::chrono::nanoseconds{*deadline - steady_clock::now()}.count());
  };
  native_.progress = [](const gantry_call* call) noexcept {
    const auto& progress = self_of(call)->scope_.progress;
    if (progress) progress();
  };
  native_.set_error = [](const gantry_call* call, const gantry_error* error) noexcept {
    Call& self = *self_of(call);
    ErrorText text = read_error(error);
    const std::lock_guard lock(self.mutex_);
    self.error_ = std::move(text);
  };
}

bool Call::is_cancelled() const {
  if (scope_.deadline && steady_clock::now() >= *scope_.deadline) return true;
  return scope_.cancelled && scope_.cancelled();
}

ErrorText Call::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace gantry::plugins::abi
