#pragma once

#include <optional>
#include <string>

#include "host/contracts/batch.hpp"
#include "host/observe/log.hpp"
#include "host/temporal/client/execution.hpp"

/// The run that empties a source's folder: the watch and the schedule start the same one.
namespace gantry::app {

/// What a source's runs came to since this host began.
struct FileTotals {
  BatchSummary done;
  bool running = false;
  std::optional<Instant> last_run;  ///< When one ended last.
  std::optional<Instant> next_run;  ///< Of a source that has a schedule.
  std::string trouble;              ///< What is wrong; empty where nothing is.
};

BatchInput folder_run(const std::string& source, const FlowSettings& settings);
temporal::StartOptions folder_start(const std::string& source, const FlowSettings& settings,
                                    const std::string& task_queue);

/// A run ended: counts it and says so. [any-thread]
void count_run(FileTotals& totals, const BatchSummary& summary);
void log_run(observe::Log& log, const std::string& source, const BatchSummary& summary);
void log_failed_run(observe::Log& log, const std::string& source, const std::string& reason);

}  // namespace gantry::app
