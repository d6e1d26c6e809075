#pragma once

#include <gantry/abi.h>

#include <mutex>
#include <optional>

#include "host/plugins/abi/status.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// One plugin call as the plugin sees it: a gantry_call over a CallScope. Lives for the call.
class Call {
 public:
  explicit Call(const CallScope& scope);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const gantry_call* native() const noexcept { return &native_; }

  /// What the plugin's last set_error said; all empty where it said nothing.
  ErrorText error() const;

 private:
  bool is_cancelled() const;

  gantry_call native_{};
  const CallScope& scope_;
  mutable std::mutex mutex_;  // set_error may come from the plugin's own threads
  ErrorText error_;
};

}  // namespace gantry::plugins::abi
