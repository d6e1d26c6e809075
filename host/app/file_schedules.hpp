#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>

#include "host/app/folder_run.hpp"
#include "host/app/schedule_engine.hpp"
#include "host/observe/log.hpp"

namespace gantry::app {

/// The schedules that a configuration wants, by source.
using SchedulePlan = std::map<std::string, FileSchedule>;

/// Makes Temporal's schedules match the configuration, and watches what they start.
///
/// Whatever it does may be done again: a schedule is made where it is missing, changed where it
/// differs from conf.d, left alone where another task queue has it. It removes only what this host
/// once made (a list in the state folder says so). One that an operator paused stays paused.
class FileSchedules {
 public:
  struct Options {
    std::filesystem::path memory;  ///< The list of sources whose schedules this host made.
    std::chrono::milliseconds look_interval{15'000};
  };

  /// `engine` and `log` outlive it.
  FileSchedules(ScheduleEngine& engine, observe::Log& log, Options options);
  /// Stops the thread; the schedules go on.
  ~FileSchedules();
  FileSchedules(const FileSchedules&) = delete;
  FileSchedules& operator=(const FileSchedules&) = delete;

  /// Works on a thread of its own from now on. [main]
  void start(SchedulePlan plan);
  /// A new configuration. [any-thread]
  void replace(SchedulePlan plan);
  /// Waits for the step in hand; the engine is not touched after it. [main]
  void stop();

  /// One matching of the plan and one look at the runs: what the thread does. [blocking]
  void match();

  std::map<std::string, FileTotals> totals() const;  // [any-thread]
  bool has(const std::string& source) const;         // [any-thread]
  /// Reads the folder of a source now. kUnavailable once the host stops. [any-thread] [blocking]
  Result<void> trigger(const std::string& source);

 private:
  using Seen = ScheduleEngine::Seen;

  void run(const std::stop_token& stop);
  void keep(const std::string& source, const FileSchedule& schedule);
  bool end(const std::string& source);
  /// Takes over what is seen, and counts the runs that ended meanwhile.
  void note(const std::string& source, const Seen& seen);
  void set(const std::string& source, const std::function<void(FileTotals&)>& change);
  /// Says it aloud, once for as long as it stays so.
  void complain(const std::string& source, const char* event, const std::string& reason);
  std::set<std::string> remembered() const;
  void remember(const std::set<std::string>& sources) const;

  ScheduleEngine& engine_;
  observe::Log& log_;
  const Options options_;
  const Instant began_;

  mutable std::mutex mutex_;  // guards the next four
  std::condition_variable_any changed_;
  SchedulePlan plan_;
  bool due_ = false;
  std::map<std::string, FileTotals> totals_;

  std::set<std::string> counted_;  // run ids; of the thread
  std::map<std::string, std::string> complaints_;

  std::shared_mutex telling_;  // held shared while a caller's trigger is on its way
  bool stopped_ = false;       // guarded by telling_

  std::stop_token stop_;
  std::jthread thread_;
};

}  // namespace gantry::app
