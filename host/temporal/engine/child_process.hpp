#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"

namespace gantry::temporal {

/// A program that runs in its own process group and is killed when the thread that started it
/// ends, so that it never outlives this process. Not thread-safe.
class ChildProcess {
 public:
  /// Standard output and error are appended to `log`. `keep_fd` stays open in the child (a lock it
  /// shares); -1 for none.
  static Result<ChildProcess> start(const std::filesystem::path& program,
                                    const std::vector<std::string>& arguments,
                                    const std::filesystem::path& log, int keep_fd = -1);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Kills what still runs.
  ~ChildProcess();

  ::pid_t pid() const noexcept { return pid_; }
  /// Readable once it has ended.
  int ended_fd() const noexcept { return pidfd_; }
  /// Waits for the end; "exit status 1", "signal 9", or nothing within `patience`. [blocking]
  std::optional<std::string> wait(std::chrono::milliseconds patience);
  /// SIGTERM, then SIGKILL after `patience`. [blocking]
  void stop(std::chrono::milliseconds patience);

 private:
  ChildProcess(::pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}

  ::pid_t pid_;
  int pidfd_;
  std::optional<std::string> ended_;
};

}  // namespace gantry::temporal
