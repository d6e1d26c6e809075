#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "host/app/folder_run.hpp"
#include "host/ingress/files/rooms.hpp"
#include "host/observe/log.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {

/// Sources that take files, with the settings of their runs.
using FileSettings = std::map<std::string, FlowSettings>;

/// Starts a BatchProcessingWorkflow for a source as soon as its folder holds a complete file.
///
/// One thread per source: it waits for the room (inotify, and a look every scan_interval), starts
/// `batch:<source>:folder`, and waits until that has emptied the folder. The run's name never
/// changes, so what a run that died had claimed comes first in the next one; and where it runs
/// already, for another host, an operator or a schedule, it is left to run.
class FileWatch {
 public:
  /// All outlive it.
  FileWatch(files::Rooms& rooms, temporal::Client& client, std::string task_queue,
            observe::Log& log);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Watches these sources from now on, and no others. A run under way ends by itself.
  /// [main] or the link's thread
  void watch(const FileSettings& sources);
  /// Ends the threads, not the runs. [main]
  void stop();

  std::map<std::string, FileTotals> totals() const;  // [any-thread]

 private:
  void run(const std::stop_token& stop, const std::string& source);
  /// Starts a run and waits for its end.
  void work(const std::stop_token& stop, const std::string& source);
  void set(const std::string& source, const std::function<void(FileTotals&)>& change);

  files::Rooms& rooms_;
  temporal::Client& client_;
  const std::string task_queue_;
  observe::Log& log_;

  mutable std::mutex mutex_;  // guards the next two
  FileSettings settings_;
  std::map<std::string, FileTotals> totals_;
  std::map<std::string, std::jthread> threads_;
};

}  // namespace gantry::app
