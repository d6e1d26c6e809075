#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/config/config.hpp"
#include "host/contracts/file_room.hpp"
#include "host/ingress/files/room.hpp"

namespace gantry::files {

struct RoomsOptions {
  std::filesystem::path ledger;  ///< Its SQLite file; the folder must exist.
  const Clock* clock = &system_clock();
  ingress::LogSink log;  ///< May be empty.
};

/// The rooms of all sources that take files, over one ledger. [any-thread]
class Rooms final : public FileRoom {
 public:
  static Result<std::unique_ptr<Rooms>> open(RoomsOptions options);

  /// Makes the rooms match the configuration: opens new and changed ones, stops those that are
  /// gone. A source whose directory cannot be opened is returned with the error and is tried again
  /// by the next apply(); the others work. [blocking]
  std::vector<std::pair<std::string, Error>> apply(std::span<const config::SourceConfig> sources);

  Result<std::vector<BatchFile>> claim(std::string_view source, std::string_view run,
                                       std::size_t files_max) override;
  std::optional<std::chrono::milliseconds> next_look(std::string_view source) const override;
  Result<std::unique_ptr<FileContent>> open(std::string_view source, const BatchFile& file,
                                            std::uint64_t offset) override;
  Result<void> put_outbox(std::string_view source, const BatchFile& file, std::string_view name,
                          std::string_view content) override;
  Result<void> archive(std::string_view source, const BatchFile& file) override;
  Result<void> reject(std::string_view source, const BatchFile& file,
                      std::string_view reason) override;

  /// True where `source` takes files.
  bool has(std::string_view source) const;
  /// Blocks until a claim for `run` would give something, be it what the run has already (true);
  /// false after `timeout`, on stop() and where apply() closed the room. One thread per source.
  /// [blocking]
  Result<bool> wait(std::string_view source, std::string_view run,
                    std::chrono::milliseconds timeout);
  /// Ends every wait, now and later.
  void stop();

 private:
  explicit Rooms(RoomsOptions options) : options_(std::move(options)) {}
  Result<std::shared_ptr<Room>> room(std::string_view source) const;

  const RoomsOptions options_;
  std::unique_ptr<Ledger> ledger_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Room>, std::less<>> rooms_;
};

}  // namespace gantry::files
