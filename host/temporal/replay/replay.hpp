#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/base/error.hpp"
#include "host/temporal/bridge/log.hpp"
#include "host/temporal/replay/history.hpp"
#include "host/temporal/workflow/registry.hpp"

namespace gantry::temporal::replay {

/// What replaying one history showed.
struct ReplayReport {
  std::string workflow_id;
  std::string workflow_type;
  std::string run_id;
  std::int64_t events = 0;
  /// Empty where today's code does what history says. Else one line that names the workflow, and
  /// the event where the two part.
  std::string problem = {};
  /// Where they part; 0 where the problem is another one.
  std::int64_t event_id = 0;

  bool compatible() const noexcept { return problem.empty(); }
};

/// Runs `history` through the registered workflows without a server and without effects: Core
/// compares what the code asks for with what was recorded.
///
/// An incompatible workflow is a report, not an error; an error means that nothing could be said.
/// Makes Core's runtime for itself and takes tens of milliseconds. [any-thread] [blocking]
Result<ReplayReport> replay_history(const History& history, const workflow::Registry& registry,
                                    LogSink log = {});

}  // namespace gantry::temporal::replay
