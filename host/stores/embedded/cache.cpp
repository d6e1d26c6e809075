#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/embedded/shelves.hpp"

namespace gantry::stores::embedded {
namespace {

constexpr unsigned kPutsPerSweep = 256;

/// Results of writes that return nothing.
Result<void> nothing(const Result<bool>& done) {
  if (!done) return done.error();
  return {};
}

}  // namespace

Result<std::optional<std::string>> FileCache::get(std::string_view key,
                                                  const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) -> std::optional<std::string> {
    Query query(db, "SELECT value FROM cache WHERE key = ? AND expires > ?");
    query << key << file_.now_ms();
    if (!query.row()) return std::nullopt;
    return query.text(0);
  });
}

Result<void> FileCache::put(std::string_view key, std::string_view value,
                            std::chrono::milliseconds ttl, const CallOptions& options) {
  const bool sweep = puts_.fetch_add(1, std::memory_order_relaxed) % kPutsPerSweep == 0;
  return nothing(file_.write(options, [&](Connection& db) {
    if (sweep) {
      (Query(db,
             "DELETE FROM cache WHERE key IN (SELECT key FROM cache WHERE expires <= ? LIMIT 1024)")
       << file_.now_ms())
          .done();
    }
    Query query(db, "INSERT OR REPLACE INTO cache VALUES(?, ?, ?)");
    query << key;
    query.blob(value) << file_.now_ms() + std::int64_t{ttl.count()};
    query.done();
    return true;
  }));
}

Result<void> FileCache::erase(std::string_view key, const CallOptions& options) {
  return nothing(file_.write(options, [&](Connection& db) {
    (Query(db, "DELETE FROM cache WHERE key = ?") << key).done();
    return true;
  }));
}

Result<std::optional<Lease>> FileCache::lock(std::string_view key, std::chrono::milliseconds lease,
                                             const CallOptions& options) {
  return file_.write(options, [&](Connection& db) -> std::optional<Lease> {
    {
      Query held(db, "SELECT 1 FROM locks WHERE key = ? AND expires > ?");
      held << key << file_.now_ms();
      if (held.row()) return std::nullopt;
    }
    Lease out{std::string(key), to_hex(random_bytes(16)), 0};
    {
      Query fence(db, "UPDATE fence SET last = last + 1 RETURNING last");
      fence.row();
      out.fence = fence.integer(0);
      fence.done();
    }
    (Query(db, "INSERT OR REPLACE INTO locks VALUES(?, ?, ?, ?)")
     << key << out.token << out.fence << file_.now_ms() + std::int64_t{lease.count()})
        .done();
    return out;
  });
}

Result<bool> FileCache::unlock(const Lease& lease, const CallOptions& options) {
  return file_.write(options, [&](Connection& db) {
    Query query(db, "DELETE FROM locks WHERE key = ? AND token = ? RETURNING 1");
    query << lease.key << lease.token;
    const bool ours = query.row();
    query.done();
    return ours;
  });
}

}  // namespace gantry::stores::embedded
