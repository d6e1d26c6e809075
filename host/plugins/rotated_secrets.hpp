#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"

namespace gantry::plugins {

/// Points of a write where a test may kill the process. Production passes no probe.
enum class RotationStep {
  kBeforeWrite,
  kAfterWrite,
  kAfterSync,
  kAfterRename,
  kAfterDirectorySync
};

/// Secrets that vendors rotated, on disk: <folder>/<source>/<field>.json, files 0600 in folders
/// 0700. A field is either as it was or as it was put, whenever the process or the machine dies.
///
/// Each file keeps the SHA-256 of the configured value that it replaced: once the operator
/// configures another one, the file no longer counts. Other processes of this host (`gantry check`)
/// may put as well: a value is read anew when its file changed.
/// [any-thread] [blocking]
class RotatedSecrets {
 public:
  /// Makes nothing on disk before the first put.
  explicit RotatedSecrets(std::filesystem::path folder,
                          std::function<void(RotationStep)> probe = {});

  /// The rotated values, newest first; empty where there are none or `configured`, the newest value
  /// that the operator gave, is another than they replaced. kUnavailable names a file that is there
  /// and cannot be used.
  Result<std::vector<std::string>> values(std::string_view source, std::string_view name,
                                          std::string_view configured) const;

  /// Durable when it returns. `active` are the values that stay active after it, newest first.
  Result<void> put(std::string_view source, std::string_view name, std::string_view configured,
                   const std::vector<std::string>& active);

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Kept {
    Stamp stamp;
    std::string replaced;  ///< SHA-256, hex.
    std::vector<std::string> values;
  };

  std::filesystem::path file_of(std::string_view source, std::string_view name) const;
  static Result<Kept> read(const std::filesystem::path& file);
  void reached(RotationStep step) const {
    if (probe_) probe_(step);
  }

  const std::filesystem::path folder_;
  const std::function<void(RotationStep)> probe_;
  mutable std::mutex mutex_;
  mutable std::map<std::filesystem::path, Kept> kept_;
};

}  // namespace gantry::plugins
