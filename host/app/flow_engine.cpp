#include "host/app/flow_engine.hpp"

#include "host/contracts/polling.hpp"
#include "host/contracts/streaming.hpp"

namespace gantry::app {

std::string Flow::id() const {
  switch (kind) {
    case Kind::kPolling:
      return poll_workflow_id(source);
    case Kind::kStreaming:
      return stream_workflow_id(source);
  }
  return {};
}

std::string_view to_string(Flow::Kind kind) noexcept {
  switch (kind) {
    case Flow::Kind::kPolling:
      return "polling";
    case Flow::Kind::kStreaming:
      return "streaming";
  }
  return {};
}

Result<FlowEngine::Presence> TemporalFlows::look(const Flow& flow) {
  const auto found = client_.describe({flow.id()});
  if (!found && found.error().kind == ErrorKind::kNotFound) return Presence::kAbsent;
  if (!found) return found.error();
  if (found->task_queue != task_queue_) return Presence::kForeign;
  switch (found->status) {
    case temporal::WorkflowStatus::kRunning:
    case temporal::WorkflowStatus::kContinuedAsNew:
    case temporal::WorkflowStatus::kPaused:
      return Presence::kRunning;
    case temporal::WorkflowStatus::kCompleted:
      return Presence::kFinished;
    case temporal::WorkflowStatus::kFailed:
    case temporal::WorkflowStatus::kCancelled:
    case temporal::WorkflowStatus::kTerminated:
    case temporal::WorkflowStatus::kTimedOut:
    case temporal::WorkflowStatus::kUnknown:
      return Presence::kBroken;
  }
  return Presence::kBroken;
}

Result<void> TemporalFlows::start(const Flow& flow, const FlowSettings& settings,
                                  const std::string& cursor) {
  temporal::StartOptions options;
  options.id = flow.id();
  options.task_queue = task_queue_;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(flow.source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(settings.priority)},
      {std::string(kAttributeStatus), temporal::keyword_attribute(kStatusRunning)}};
  FlowProgress progress;
  progress.stats.source = flow.source;
  progress.stats.cursor = cursor;
  switch (flow.kind) {
    case Flow::Kind::kPolling: {
      const auto started =
          client_.start(kPolling, PollingInput{flow.source, settings, progress}, options);
      if (!started) return started.error();
      return {};
    }
    case Flow::Kind::kStreaming: {
      const auto started =
          client_.start(kStreamIngestion, StreamInput{flow.source, settings, progress}, options);
      if (!started) return started.error();
      return {};
    }
  }
  return {};
}

Result<FlowStats> TemporalFlows::stats(const Flow& flow) {
  return client_.query({flow.id()}, kGetStats);
}

Result<FlowSettings> TemporalFlows::settings(const Flow& flow) {
  return client_.query({flow.id()}, kGetSettings);
}

Result<void> TemporalFlows::reconfigure(const Flow& flow, const FlowSettings& settings) {
  return client_.signal({flow.id()}, kReconfigure, settings);
}

Result<void> TemporalFlows::signal(const Flow& flow, const SignalType<std::monostate>& signal) {
  return client_.signal({flow.id()}, signal, {});
}

Result<void> TemporalFlows::cancel(const Flow& flow) { return client_.cancel({flow.id()}); }

Result<void> TemporalFlows::terminate(const Flow& flow, std::string_view reason) {
  return client_.terminate({flow.id()}, reason);
}

}  // namespace gantry::app
