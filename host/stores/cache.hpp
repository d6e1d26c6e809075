#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// A held lock. `fence` is larger than that of every earlier holder of any lock of this cache.
struct Lease {
  std::string key;
  std::string token;  ///< Random; whoever does not know it cannot release the lock.
  std::int64_t fence = 0;
};

struct CacheEntry {
  std::string key;
  std::string value;
};

/// Values that may be forgotten, and locks with a lease. Each call takes many keys, so that a batch
/// of documents costs one round trip. All calls are [any-thread] [blocking].
class Cache {
 public:
  virtual ~Cache() = default;

  /// For logs and metrics: "cache/embedded".
  virtual std::string_view name() const = 0;

  /// One for each key; empty where it is absent or its time has passed.
  virtual Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                              const CallOptions& options) const = 0;
  virtual Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                           const CallOptions& options) = 0;

  /// Takes the locks in the order of the keys, up to the first whose lease somebody else holds. Who
  /// waits for that one holds only those before it: callers with sorted keys never wait in a
  /// circle.
  virtual Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                          std::chrono::milliseconds lease,
                                          const CallOptions& options) = 0;
  /// One for each lease; false where the lock is no longer ours: the new holder keeps it.
  virtual Result<std::vector<bool>> unlock(std::span<const Lease> leases,
                                           const CallOptions& options) = 0;

  /// See Store::site().
  virtual AtomicSite* site() { return nullptr; }
};

}  // namespace gantry::stores
