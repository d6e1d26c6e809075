#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/contracts/batch.hpp"

namespace gantry {

/// A claimed file's content as the connector reads it (decompressed). Used by one thread at a time.
class FileContent {
 public:
  virtual ~FileContent() = default;
  /// Fills as much of `into` as there is; 0 at the end of the file. kInvalid where the content
  /// itself is wrong (a broken archive, a ratio above the cap): nobody tries again. [blocking]
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

/// Where a source's files lie: the directory library implements it, activities use it.
///
/// Every call may be repeated after a crash and then changes nothing more. Other errors than
/// kInvalid, kDenied and kUnsupported are tried again. [any-thread] [blocking]
class FileRoom {
 public:
  virtual ~FileRoom() = default;

  /// Up to `files_max` complete files, oldest first, now claimed for `run`. Files that this run
  /// claimed before and did not settle come first, so that a lost answer loses none.
  virtual Result<std::vector<BatchFile>> claim(std::string_view source, std::string_view run,
                                               std::size_t files_max) = 0;
  /// After which time a file that lies there may be complete, from the last look of claim(); at
  /// least 1 ms. Nothing where none lies there, or where time alone makes none complete.
  virtual std::optional<std::chrono::milliseconds> next_look(std::string_view) const {
    return std::nullopt;
  }
  /// The content from byte `offset` of what the connector reads. kNotFound where the claim is not
  /// here: another host has it, or it was settled.
  virtual Result<std::unique_ptr<FileContent>> open(std::string_view source, const BatchFile& file,
                                                    std::uint64_t offset) = 0;
  /// Writes a file that the connector asked for beside its records: an acknowledgement, a report.
  /// Durable on return; the same name and content again is fine. `name` has no directory.
  virtual Result<void> put_outbox(std::string_view source, const BatchFile& file,
                                  std::string_view name, std::string_view content) = 0;
  /// Done with it.
  virtual Result<void> archive(std::string_view source, const BatchFile& file) = 0;
  /// Into the error folder, beside a reason file that a person understands.
  virtual Result<void> reject(std::string_view source, const BatchFile& file,
                              std::string_view reason) = 0;
};

}  // namespace gantry
