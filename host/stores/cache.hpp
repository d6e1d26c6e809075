#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// A held lock. `fence` is larger than that of every earlier holder of any lock of this cache.
struct Lease {
  std::string key;
  std::string token;  ///< Random; whoever does not know it cannot release the lock.
  std::int64_t fence = 0;
};

/// Values that may be forgotten, and locks with a lease. All calls are [any-thread] [blocking].
class Cache {
 public:
  virtual ~Cache() = default;

  /// For logs and metrics: "cache/embedded".
  virtual std::string_view name() const = 0;

  /// Empty where it is absent or its time has passed.
  virtual Result<std::optional<std::string>> get(std::string_view key,
                                                 const CallOptions& options) const = 0;
  virtual Result<void> put(std::string_view key, std::string_view value,
                           std::chrono::milliseconds ttl, const CallOptions& options) = 0;
  virtual Result<void> erase(std::string_view key, const CallOptions& options) = 0;

  /// Empty where somebody holds the lock and its lease has not passed.
  virtual Result<std::optional<Lease>> lock(std::string_view key, std::chrono::milliseconds lease,
                                            const CallOptions& options) = 0;
  /// False where the lock is no longer ours; the new holder keeps it.
  virtual Result<bool> unlock(const Lease& lease, const CallOptions& options) = 0;

  /// See Store::site().
  virtual AtomicSite* site() { return nullptr; }
};

}  // namespace gantry::stores
