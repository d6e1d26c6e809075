#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/base/error.hpp"
#include "host/temporal/activity/pool.hpp"
#include "host/temporal/activity/registry.hpp"
#include "host/temporal/bridge/core.hpp"
#include "host/temporal/converter/claim_check.hpp"
#include "host/temporal/worker/tally.hpp"

namespace gantry::observe {
class Tracer;
}

namespace gantry::temporal {

/// Carries activity tasks from Core to the pool, cancellations to what runs, and endings back.
class ActivityPump {
 public:
  ActivityPump(bridge::Worker& core, const activity::Registry& registry,
               const ClaimCheck* claim_check, observe::Tracer* tracer, LogSink log,
               std::string task_queue, std::size_t threads_max)
      : core_(core),
        registry_(registry),
        claim_check_(claim_check),
        tracer_(tracer),
        log_(std::move(log)),
        task_queue_(std::move(task_queue)),
        pool_(threads_max) {}

  /// `failed` comes at most once, where polling is refused for good.
  void start(std::function<void(Error)> failed);
  /// Returns when Core has ended the series and every completion is answered. [blocking]
  void join();
  /// Asks everything that runs to end.
  void cancel_all() noexcept;

 private:
  struct Running;

  void poll();
  void take(std::string_view bytes);
  void cancel(const std::string& token, activity::CancelReason reason);
  static void cancel(Running& running, activity::CancelReason reason);
  void serve(Running& running);
  activity::Ending ending_of(Running& running);
  void complete(const std::string& token, activity::Ending ending);
  void heartbeat(const std::string& token, const std::vector<Payload>& details);

  bridge::Worker& core_;
  const activity::Registry& registry_;
  const ClaimCheck* const claim_check_;
  observe::Tracer* const tracer_;
  const LogSink log_;
  const std::string task_queue_;
  std::function<void(Error)> failed_;
  Tally under_way_;  // the poll, and every task from its arrival to its completion's answer

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running_;  // by task token
  activity::Pool pool_;  // last: its threads use everything above
};

}  // namespace gantry::temporal
