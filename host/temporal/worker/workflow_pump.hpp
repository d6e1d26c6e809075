#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "host/base/error.hpp"
#include "host/temporal/bridge/core.hpp"
#include "host/temporal/converter/claim_check.hpp"
#include "host/temporal/worker/tally.hpp"

namespace gantry::temporal {

namespace workflow {
class Host;
}

/// Carries activations from Core to the workflow host and completions back, on one thread.
///
/// One poll is always open; completions are not waited for, because Core may fetch more history
/// before it takes one.
class WorkflowPump {
 public:
  WorkflowPump(bridge::Worker& core, workflow::Host& host, const ClaimCheck* claim_check,
               LogSink log)
      : core_(core), host_(host), claim_check_(claim_check), log_(std::move(log)) {}
  ~WorkflowPump();

  /// `failed` comes at most once, where polling is refused for good.
  void start(std::function<void(Error)> failed);
  /// Returns when Core has ended the series and every completion is answered. [blocking]
  void join();

 private:
  void poll();
  void serve();
  void complete(std::string completion);
  std::string completion_of(std::string activation);

  bridge::Worker& core_;
  workflow::Host& host_;
  const ClaimCheck* const claim_check_;
  const LogSink log_;
  std::function<void(Error)> failed_;
  Tally completions_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> queue_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace gantry::temporal
