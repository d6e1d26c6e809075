#include "host/app/folder_run.hpp"

namespace gantry::app {

using observe::Level;

constexpr std::string_view kModule = "sources";

BatchInput folder_run(const std::string& source, const FlowSettings& settings) {
  BatchInput input;
  input.source = source;
  input.run = kFolderRun;
  input.settings = settings;
  return input;
}

temporal::StartOptions folder_start(const std::string& source, const FlowSettings& settings,
                                    const std::string& task_queue) {
  temporal::StartOptions options;
  options.id = batch_run_workflow_id(source, kFolderRun);
  options.task_queue = task_queue;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(settings.priority)},
      {std::string(kAttributeStatus), temporal::keyword_attribute(kStatusRunning)}};
  return options;
}

void count_run(FileTotals& totals, const BatchSummary& summary) {
  totals.trouble.clear();
  totals.last_run = system_clock().now();
  totals.done.files_processed += summary.files_processed;
  totals.done.total_records += summary.total_records;
  totals.done.failed += summary.failed;
  totals.done.dead_letters += summary.dead_letters;
}

void log_run(observe::Log& log, const std::string& source, const BatchSummary& summary) {
  log.write(kModule, Level::kInfo, "files_read",
            {{observe::kSource, source},
             {"files", summary.files_processed},
             {"rejected", summary.failed},
             {"records", summary.total_records},
             {"dead_letters", summary.dead_letters}});
}

void log_failed_run(observe::Log& log, const std::string& source, const std::string& reason) {
  log.write(kModule, Level::kWarn, "files_not_read",
            {{observe::kSource, source}, {"reason", reason}});
}

}  // namespace gantry::app
