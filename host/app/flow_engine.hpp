#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/contracts/flow.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {

/// A workflow with a fixed id that brings one source's records in, for ever.
struct Flow {
  enum class Kind { kPolling, kStreaming };
  Kind kind = Kind::kPolling;
  std::string source;

  /// "poll:<source>" or "stream:<source>".
  std::string id() const;
  auto operator<=>(const Flow&) const = default;
};

/// "polling" or "streaming". [any-thread]
std::string_view to_string(Flow::Kind kind) noexcept;

/// The engine as the keeper of flows sees it; tests have one of their own. [any-thread] [blocking]
class FlowEngine {
 public:
  enum class Presence {
    kAbsent,    ///< Never ran, or its history is gone.
    kRunning,   ///< Also where it continues as new.
    kFinished,  ///< Ended well: told to stop, or the stream ended.
    kBroken,    ///< Failed, cancelled, terminated or timed out.
    kForeign,   ///< The id runs on another task queue: not ours to touch.
  };

  virtual ~FlowEngine() = default;
  virtual Result<Presence> look(const Flow& flow) = 0;
  /// From `cursor` (empty: from the beginning). One that runs already is fine.
  virtual Result<void> start(const Flow& flow, const FlowSettings& settings,
                             const std::string& cursor) = 0;
  /// Of a running or an ended flow.
  virtual Result<FlowStats> stats(const Flow& flow) = 0;
  virtual Result<FlowSettings> settings(const Flow& flow) = 0;
  virtual Result<void> reconfigure(const Flow& flow, const FlowSettings& settings) = 0;
  /// Pause, resume, poll now, stop.
  virtual Result<void> signal(const Flow& flow, const SignalType<std::monostate>& signal) = 0;
  virtual Result<void> cancel(const Flow& flow) = 0;
  virtual Result<void> terminate(const Flow& flow, std::string_view reason) = 0;
};

/// The real one.
class TemporalFlows final : public FlowEngine {
 public:
  /// `client` outlives it.
  TemporalFlows(temporal::Client& client, std::string task_queue)
      : client_(client), task_queue_(std::move(task_queue)) {}

  Result<Presence> look(const Flow& flow) override;
  Result<void> start(const Flow& flow, const FlowSettings& settings,
                     const std::string& cursor) override;
  Result<FlowStats> stats(const Flow& flow) override;
  Result<FlowSettings> settings(const Flow& flow) override;
  Result<void> reconfigure(const Flow& flow, const FlowSettings& settings) override;
  Result<void> signal(const Flow& flow, const SignalType<std::monostate>& signal) override;
  Result<void> cancel(const Flow& flow) override;
  Result<void> terminate(const Flow& flow, std::string_view reason) override;

 private:
  temporal::Client& client_;
  const std::string task_queue_;
};

}  // namespace gantry::app
