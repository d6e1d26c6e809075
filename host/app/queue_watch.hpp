#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "host/base/error.hpp"
#include "host/observe/metrics.hpp"
#include "host/temporal/client/execution.hpp"

namespace gantry::app {

/// Keeps the depth of the task queue, which only the server knows, as metrics: a scrape does not
/// wait for it. While the server does not answer they keep their last values. [main]
class QueueWatch {
 public:
  using Ask = std::function<Result<temporal::Backlog>(temporal::TaskKind kind)>;

  /// `ask` runs on a thread of this object and may block. `metrics` outlives it.
  QueueWatch(observe::Metrics& metrics, Ask ask,
             std::chrono::milliseconds interval = std::chrono::seconds{15});
  ~QueueWatch();
  QueueWatch(const QueueWatch&) = delete;
  QueueWatch& operator=(const QueueWatch&) = delete;

  /// Waits for an answer on its way.
  void stop();

 private:
  void run(const std::stop_token& stop);
  bool look(temporal::TaskKind kind);

  const observe::GaugeFamily tasks_;
  const observe::GaugeFamily age_;
  const Ask ask_;
  const std::chrono::milliseconds interval_;
  std::jthread thread_;
};

}  // namespace gantry::app
