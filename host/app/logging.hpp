#pragma once

#include "host/ingress/log.hpp"
#include "host/observe/log.hpp"
#include "host/plugins/ports.hpp"
#include "host/temporal/bridge/log.hpp"
#include "host/temporal/workflow/host.hpp"

/// Each room speaks to a log port of its own; here the ports meet the one log of the process.
/// Everything made here must not outlive the Log. [any-thread]
namespace gantry::app {

ingress::LogSink ingress_log(observe::Log& log, std::string module);
plugins::LogSink plugins_log(observe::Log& log);
temporal::LogSink temporal_log(observe::Log& log);

/// Workflow code's own lines, already silent on replay.
class WorkflowLog final : public temporal::workflow::LogSink {
 public:
  explicit WorkflowLog(observe::Log& log) : log_(log) {}
  void write(const temporal::workflow::LogRecord& record) noexcept override;

 private:
  observe::Log& log_;
};

}  // namespace gantry::app
