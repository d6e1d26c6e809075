#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/clock.hpp"
#include "host/config/config.hpp"
#include "host/ingress/files/folders.hpp"
#include "host/ingress/files/ledger.hpp"
#include "host/ingress/files/readiness.hpp"
#include "host/ingress/files/unpack.hpp"
#include "host/ingress/log.hpp"

namespace gantry::files {

/// What a room is made from; ledger and clock outlive it.
struct RoomOptions {
  std::string source;
  config::SourceFiles files;
  Ledger* ledger = nullptr;
  const Clock* clock = &system_clock();
  ingress::LogSink log;  ///< May be empty.
};

/// A file's way from the incoming directory to a free claim in the ledger: ready, renamed into
/// processing, unpacked, hashed, compared with what was read before.
///
/// Killed between any two steps it loses nothing: what lies in processing without a claim is taken
/// up again by recover(). [strand]
class Intake {
 public:
  Intake(const RoomOptions& options, const Folders& folders);

  /// Takes up what an earlier process left in processing. Idempotent. [blocking]
  Result<void> recover();

  /// Looks at the directory and returns what is ready, the longest waiting first; tells of what
  /// nobody may read, once. [blocking]
  Result<std::vector<ReadyFile>> look();
  /// Claims one ready file; afterwards the ledger holds no, one or (an archive) several claims
  /// more. No error where somebody else was faster. [blocking]
  Result<void> take(const ReadyFile& ready);
  /// Makes what take() renamed durable; a promise to a caller depends on it. [blocking]
  Result<void> sync();

  /// When a look is worth while although nothing happened.
  std::optional<std::chrono::steady_clock::time_point> next_look() const {
    return readiness_.next();
  }

  void log(ingress::LogLevel level, std::string_view event, std::string_view name,
           const std::string& reason = {}) const;

 private:
  Result<void> refuse_name(const Entry& entry, const std::string& why);
  void tell(const Entry& entry);
  Result<void> take_marker(const std::string& marker, std::string_view id);
  Result<void> stage(const std::string& id, const std::string& archive);
  Result<void> stage_plain(const Descriptor& file, const std::string& id,
                           const std::string& archive);
  Result<void> stage_archive(const Descriptor& file, const std::string& id, Packing packing);
  Result<std::string> duplicate_of(const std::string& id, const std::string& sha256) const;
  Result<void> reject(const std::string& id, const std::string& archive, const Error& why);
  Result<void> recover_one(const Entry& entry);
  Result<void> sweep() const;

  const RoomOptions& options_;
  const Folders& folders_;
  Readiness readiness_;
  std::set<std::pair<std::string, std::uint64_t>> told_;  // Name and inode.
  bool moved_ = false;
};

}  // namespace gantry::files
