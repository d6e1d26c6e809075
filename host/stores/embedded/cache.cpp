#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/embedded/shelves.hpp"

namespace gantry::stores::embedded {
namespace {

constexpr std::size_t kPutsPerSweep = 256;

/// Results of writes that return nothing.
Result<void> nothing(const Result<bool>& done) {
  if (!done) return done.error();
  return {};
}

}  // namespace

Result<std::vector<std::optional<std::string>>> FileCache::get(std::span<const std::string> keys,
                                                               const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    std::vector<std::optional<std::string>> out;
    for (const std::string& key : keys) {
      Query query(db, "SELECT value FROM cache WHERE key = ? AND expires > ?");
      query << key << file_.now_ms();
      out.push_back(query.row() ? std::optional(query.text(0)) : std::nullopt);
    }
    return out;
  });
}

Result<void> FileCache::put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                            const CallOptions& options) {
  const std::size_t before = puts_.fetch_add(entries.size(), std::memory_order_relaxed);
  const bool sweep = before / kPutsPerSweep != (before + entries.size()) / kPutsPerSweep;
  return nothing(file_.write(options, [&](Connection& db) {
    if (sweep) {
      (Query(db,
             "DELETE FROM cache WHERE key IN (SELECT key FROM cache WHERE expires <= ? LIMIT 1024)")
       << file_.now_ms())
          .done();
    }
    for (const CacheEntry& entry : entries) {
      Query query(db, "INSERT OR REPLACE INTO cache VALUES(?, ?, ?)");
      query << entry.key;
      query.blob(entry.value) << file_.now_ms() + std::int64_t{ttl.count()};
      query.done();
    }
    return true;
  }));
}

Result<std::vector<Lease>> FileCache::lock(std::span<const std::string> keys,
                                           std::chrono::milliseconds lease,
                                           const CallOptions& options) {
  return file_.write(options, [&](Connection& db) {
    std::vector<Lease> out;
    for (const std::string& key : keys) {
      {
        Query held(db, "SELECT 1 FROM locks WHERE key = ? AND expires > ?");
        held << key << file_.now_ms();
        if (held.row()) break;
      }
      Lease taken{key, to_hex(random_bytes(16)), 0};
      {
        Query fence(db, "UPDATE fence SET last = last + 1 RETURNING last");
        fence.row();
        taken.fence = fence.integer(0);
        fence.done();
      }
      (Query(db, "INSERT OR REPLACE INTO locks VALUES(?, ?, ?, ?)")
       << key << taken.token << taken.fence << file_.now_ms() + std::int64_t{lease.count()})
          .done();
      out.push_back(std::move(taken));
    }
    return out;
  });
}

Result<std::vector<bool>> FileCache::unlock(std::span<const Lease> leases,
                                            const CallOptions& options) {
  return file_.write(options, [&](Connection& db) {
    std::vector<bool> out;
    for (const Lease& lease : leases) {
      Query query(db, "DELETE FROM locks WHERE key = ? AND token = ? RETURNING 1");
      query << lease.key << lease.token;
      out.push_back(query.row());
      query.done();
    }
    return out;
  });
}

}  // namespace gantry::stores::embedded
