#pragma once

#include <memory>

#include "host/base/error.hpp"
#include "host/config/config.hpp"
#include "host/observe/log.hpp"
#include "host/observe/span_exporter.hpp"
#include "host/observe/trace.hpp"

namespace gantry::app {

/// The host's tracer and its way to the collector, where configuration wants one.
class Tracing {
 public:
  /// kInvalid where the endpoint is no URL. That nobody answers there only costs spans. `log`
  /// outlives it.
  static Result<std::unique_ptr<Tracing>> open(const config::Tracing& config, observe::Log& log);

  observe::Tracer& tracer() noexcept { return tracer_; }
  /// Spans sent, dropped and waiting. [any-thread]
  observe::SpanCounts counts() const { return exporter_.counts(); }
  /// Sends what waits, within a few seconds. [blocking]
  void stop() { exporter_.stop(); }

 private:
  Tracing(const config::Tracing& config, observe::SendSpans send, observe::Log& log);

  observe::SpanExporter exporter_;
  observe::Tracer tracer_;
};

}  // namespace gantry::app
