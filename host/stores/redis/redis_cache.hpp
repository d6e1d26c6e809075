#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "host/stores/cache.hpp"
#include "host/stores/server_facts.hpp"

namespace gantry::stores::redis {

struct RedisOptions {
  std::string url;      ///< redis://host[:port][/database], or rediss:// for verified TLS.
  std::string user;     ///< An ACL user; empty: the server's default user.
  std::string secret;   ///< Its password, resolved; empty: none. Never logged.
  std::string ca_file;  ///< PEM bundle for rediss; empty: the system's.
  std::string prefix = "gantry:";  ///< Begins every key, so that others may share the server.
  std::size_t connections_max = 8;
  std::chrono::milliseconds timeout{5'000};  ///< Of a call whose caller sets no earlier deadline.
  std::chrono::milliseconds connect_timeout{2'000};
};

class Pool;

/// Values and locks in one Redis (7 or newer) that accepts writes.
///
/// A lock is taken, kept and released by scripts inside the server, so its time is the server's.
/// Fences are the server's microseconds since 1970, or one more than the last: they grow over every
/// lock also where a crash or a failover lost the last writes, as long as the server's clock
/// does not go back by more than it was away. A call whose connection turns out to be dead is
/// repeated once on a new one; every call here may be repeated.
///   kTimeout   no answer in time            kUnavailable  away, starting, or a replica
///   kDenied    password or ACL              kExhausted    the server is out of memory
/// [any-thread] [blocking]
class RedisCache final : public Cache {
 public:
  /// Contacts nobody: a server that is away shows at the first call. kInvalid names the option.
  static Result<std::unique_ptr<RedisCache>> open(RedisOptions options);
  ~RedisCache() override;

  /// That the server answers and never evicts: an evicted lock would have two holders.
  Result<void> check(const CallOptions& options) const;
  Result<ServerFacts> facts(const CallOptions& options) const;

  std::string_view name() const override { return "cache/redis"; }
  Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                      const CallOptions& options) const override;
  Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                   const CallOptions& options) override;
  Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                  std::chrono::milliseconds lease,
                                  const CallOptions& options) override;
  Result<std::vector<bool>> unlock(std::span<const Lease> leases,
                                   const CallOptions& options) override;

 private:
  explicit RedisCache(std::string prefix, std::unique_ptr<Pool> pool);

  const std::string prefix_;
  const std::unique_ptr<Pool> pool_;
};

}  // namespace gantry::stores::redis
