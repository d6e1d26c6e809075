#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/stores/cache.hpp"

namespace gantry::stores {

// A cache's calls with one key.

inline Result<std::optional<std::string>> get_one(const Cache& cache, const std::string& key,
                                                  const CallOptions& options) {
  auto got = cache.get({&key, 1}, options);
  if (!got) return got.error();
  return std::move(got->front());
}

inline Result<void> put_one(Cache& cache, const std::string& key, std::string_view value,
                            std::chrono::milliseconds ttl, const CallOptions& options) {
  const CacheEntry entry{key, std::string(value)};
  return cache.put({&entry, 1}, ttl, options);
}

inline Result<std::optional<Lease>> lock_one(Cache& cache, const std::string& key,
                                             std::chrono::milliseconds lease,
                                             const CallOptions& options) {
  auto taken = cache.lock({&key, 1}, lease, options);
  if (!taken) return taken.error();
  return taken->empty() ? std::nullopt : std::optional<Lease>(std::move(taken->front()));
}

inline Result<bool> unlock_one(Cache& cache, const Lease& lease, const CallOptions& options) {
  auto done = cache.unlock({&lease, 1}, options);
  if (!done) return done.error();
  return bool{done->front()};
}

}  // namespace gantry::stores
