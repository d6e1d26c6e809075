#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/contracts/file_room.hpp"
#include "host/ingress/files/intake.hpp"
#include "host/ingress/files/watch.hpp"

namespace gantry::files {

/// The directories of one source. What FileRoom promises holds here for that source. [any-thread]
class Room {
 public:
  /// Opens the directories and reads nothing yet. [blocking]
  static Result<std::shared_ptr<Room>> open(RoomOptions options);

  Result<std::vector<BatchFile>> claim(std::string_view run, std::size_t files_max);
  std::optional<std::chrono::milliseconds> next_look() const;
  Result<std::unique_ptr<FileContent>> open_file(const BatchFile& file, std::uint64_t offset) const;
  Result<void> put_outbox(const BatchFile& file, std::string_view name, std::string_view content);
  Result<void> archive(const BatchFile& file);
  Result<void> reject(const BatchFile& file, std::string_view reason);

  /// Blocks until claim(run) would give something (true), `timeout` passed or stop() was called
  /// (false). One thread.
  Result<bool> wait(std::string_view run, std::chrono::milliseconds timeout);
  void stop() const noexcept { watch_.stop(); }

  const RoomOptions& options() const noexcept { return options_; }

 private:
  Room(RoomOptions options, Folders folders, Watch watch);
  Result<void> recover_once();
  Result<bool> has_work(std::string_view run);
  /// The claim as it lies in processing; nothing where it was settled before; kInvalid where it is
  /// nowhere.
  Result<bool> in_processing(const BatchFile& file) const;
  Result<void> put_away(const BatchFile& file, std::string_view reason);

  const RoomOptions options_;
  const Folders folders_;
  Watch watch_;
  mutable std::mutex mutex_;  // Guards everything below, and the moving of files.
  Intake intake_;
  bool recovered_ = false;
};

}  // namespace gantry::files
