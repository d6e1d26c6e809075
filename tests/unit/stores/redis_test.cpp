#include <gmock/gmock.h>
#include <hiredis/hiredis.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "host/stores/redis/redis_cache.hpp"
#include "tests/support/servers/redis.hpp"
#include "tests/support/tls_front.hpp"
#include "tests/unit/stores/conformance/suites.hpp"
#include "tests/unit/stores/one_key.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores {
namespace {

using conformance::Adapter;
using conformance::Backend;
using redis::RedisCache;
using redis::RedisOptions;
using test::RedisServer;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

/// An operator at the server's prompt.
class Prompt {
 public:
  explicit Prompt(const RedisServer& server)
      : context_(::redisConnect("127.0.0.1", server.port()), ::redisFree) {}
  template <class... Words>
  void command(const char* format, Words... words) {
    ::freeReplyObject(::redisCommand(context_.get(), format, words...));
  }

 private:
  const std::unique_ptr<::redisContext, decltype(&::redisFree)> context_;
};

RedisServer& shared_server() {
  static RedisServer server;
  return server;
}

RedisOptions options_for(const RedisServer& server) {
  RedisOptions options;
  options.url = server.url();
  options.timeout = 2s;
  return options;
}

/// The suites move a clock by hand, and the server's clock is its own. So whatever time passed by
/// hand is taken off every key's remaining time in the server before the next call.
class AgedCache final : public Cache {
 public:
  AgedCache(Cache& cache, const Clock& clock) : cache_(cache), clock_(clock) {}
  std::string_view name() const override { return cache_.name(); }
  Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                      const CallOptions& options) const override {
    age();
    return cache_.get(keys, options);
  }
  Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                   const CallOptions& options) override {
    age();
    return cache_.put(entries, ttl, options);
  }
  Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                  std::chrono::milliseconds lease,
                                  const CallOptions& options) override {
    age();
    return cache_.lock(keys, lease, options);
  }
  Result<std::vector<bool>> unlock(std::span<const Lease> leases,
                                   const CallOptions& options) override {
    age();
    return cache_.unlock(leases, options);
  }

 private:
  void age() const {
    const auto now = clock_.steady();
    const auto passed = std::chrono::ceil<std::chrono::milliseconds>(now - seen_);
    seen_ = now;
    if (passed <= 0ms) return;
    constexpr const char* kAge =
        "for _, key in ipairs(redis.call('KEYS', '*')) do"
        "  local left = redis.call('PTTL', key)"
        "  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end "
        "end";
    Prompt(shared_server()).command("EVAL %s 0 %d", kAge, static_cast<int>(passed.count()));
  }

  Cache& cache_;
  const Clock& clock_;
  mutable std::chrono::steady_clock::time_point seen_ = clock_.steady();
};

struct RedisBackend final : Backend {
  RedisBackend() {
    Prompt(shared_server()).command("FLUSHALL");
    opened = RedisCache::open(options_for(shared_server())).value();
    aged = std::make_unique<AgedCache>(*opened, clock);
    cache = aged.get();
  }
  std::unique_ptr<RedisCache> opened;
  std::unique_ptr<AgedCache> aged;
};

const Adapter kRedis{"redis", [] { return std::make_unique<RedisBackend>(); }};

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Redis, CacheSuite, testing::Values(kRedis), adapter_name);
}  // namespace conformance

namespace {

class RedisCacheTest : public testing::Test {
 protected:
  RedisCacheTest() { ::signal(SIGPIPE, SIG_IGN); }  // as the host does
  std::unique_ptr<RedisCache> open(RedisOptions options) {
    return RedisCache::open(std::move(options)).value();
  }
  const CallOptions calm_;
};

TEST_F(RedisCacheTest, ExpiryIsTheServers) {
  const auto cache = open(options_for(shared_server()));
  ASSERT_TRUE(put_one(*cache, "brief", "v", 30ms, calm_).has_value());
  ASSERT_TRUE(lock_one(*cache, "brief", 30ms, calm_).value());
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (get_one(*cache, "brief", calm_).value() && std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(get_one(*cache, "brief", calm_).value(), std::nullopt);
  std::optional<Lease> lease;
  while (!lease && std::chrono::steady_clock::now() < end) {
    lease = lock_one(*cache, "brief", 30s, calm_).value();
  }
  EXPECT_TRUE(lease);
}

TEST_F(RedisCacheTest, OfManyThreadsOneHoldsALockAndFencesNeverRepeat) {
  const auto cache = open(options_for(shared_server()));
  constexpr int kThreads = 6, kRounds = 50;
  std::atomic<int> inside{0}, overlaps{0};
  std::vector<std::vector<std::int64_t>> fences(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int round = 0; round < kRounds;) {
          const auto lease = lock_one(*cache, "shared", 30s, calm_).value();
          if (!lease) continue;
          if (inside.fetch_add(1) != 0) ++overlaps;
          fences[static_cast<std::size_t>(t)].push_back(lease->fence);
          inside.fetch_sub(1);
          EXPECT_TRUE(unlock_one(*cache, *lease, calm_).value());
          ++round;
        }
      });
    }
  }
  EXPECT_EQ(overlaps, 0);
  std::vector<std::int64_t> all;
  for (const auto& some : fences) {
    EXPECT_TRUE(std::ranges::is_sorted(some));
    all.insert(all.end(), some.begin(), some.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all.size(), 300u);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST_F(RedisCacheTest, ALockOutlivesACrashOfTheServerAndItsFenceGrows) {
  RedisServer server;
  const auto cache = open(options_for(server));
  const Lease before = lock_one(*cache, "a", 60s, calm_).value().value();
  ASSERT_TRUE(put_one(*cache, "k", "v", 60s, calm_).has_value());
  server.kill();
  EXPECT_EQ(get_one(*cache, "k", calm_).error().kind, ErrorKind::kUnavailable);
  server.start();
  EXPECT_EQ(get_one(*cache, "k", calm_).value(), "v");
  EXPECT_FALSE(lock_one(*cache, "a", 60s, calm_).value());
  EXPECT_TRUE(unlock_one(*cache, before, calm_).value());
  EXPECT_GT(lock_one(*cache, "a", 60s, calm_).value()->fence, before.fence);
}

TEST_F(RedisCacheTest, TheFenceGrowsEvenWhereTheServerLostEverything) {
  RedisServer server;
  const auto cache = open(options_for(server));
  const Lease before = lock_one(*cache, "a", 60s, calm_).value().value();
  server.start_empty();
  const auto after = lock_one(*cache, "a", 60s, calm_).value();
  ASSERT_TRUE(after);
  EXPECT_GT(after->fence, before.fence);
}

TEST_F(RedisCacheTest, TheFenceGrowsWhereTheServersClockWentBack) {
  RedisServer server;
  const auto cache = open(options_for(server));
  // The counter of a server whose clock stood in the year 2100.
  Prompt(server).command("SET gantry:fence 4102444800000000");
  EXPECT_EQ(lock_one(*cache, "a", 60s, calm_).value()->fence, 4'102'444'800'000'001);
  EXPECT_EQ(lock_one(*cache, "b", 60s, calm_).value()->fence, 4'102'444'800'000'002);
}

TEST_F(RedisCacheTest, ThreadsOverARestartAllComeBack) {
  RedisServer server;
  const auto cache = open(options_for(server));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = "k" + std::to_string(t);
      while (!stop) {
        if (!put_one(*cache, key, key, 60s, calm_)) continue;
        const auto got = get_one(*cache, key, calm_);
        if (got && *got && **got != key) ++wrong;
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    server.kill();
    server.start();
  }
  stop = true;
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(get_one(*cache, "k0", calm_).has_value(), true);
}

TEST_F(RedisCacheTest, AHangingServerEndsInATimeOutAtTheDeadline) {
  RedisServer server;
  const auto cache = open(options_for(server));
  ASSERT_TRUE(put_one(*cache, "k", "v", 60s, calm_).has_value());
  server.freeze();
  CallOptions options;
  const auto started = std::chrono::steady_clock::now();
  options.deadline = started + 200ms;
  const auto got = get_one(*cache, "k", options);
  const auto took = std::chrono::steady_clock::now() - started;
  server.thaw();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kTimeout);
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 2s);
  // The late answer belongs to nobody: the next call gets its own.
  ASSERT_TRUE(put_one(*cache, "other", "w", 60s, calm_).has_value());
  EXPECT_EQ(get_one(*cache, "other", calm_).value(), "w");
}

TEST_F(RedisCacheTest, AWaitingCallEndsWhenTheCallerGivesUp) {
  RedisServer server;
  const auto cache = open(options_for(server));
  ASSERT_TRUE(put_one(*cache, "k", "v", 60s, calm_).has_value());
  server.freeze();
  CallOptions options;
  int asked = 0;
  options.cancelled = [&asked] { return ++asked > 2; };
  const auto got = get_one(*cache, "k", options);
  server.thaw();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kCancelled);
}

TEST_F(RedisCacheTest, NeverMoreConnectionsThanAllowed) {
  RedisServer server;
  RedisOptions limits = options_for(server);
  limits.connections_max = 1;
  const auto cache = open(limits);
  ASSERT_TRUE(put_one(*cache, "k", "v", 60s, calm_).has_value());
  server.freeze();
  Result<std::optional<std::string>> held = Error{};
  std::atomic<bool> waiting{false};
  std::jthread holder([&] {
    CallOptions options;
    options.cancelled = [&waiting] {
      waiting = true;
      return false;
    };
    held = get_one(*cache, "k", options);
  });
  while (!waiting) std::this_thread::yield();
  CallOptions options;
  options.deadline = std::chrono::steady_clock::now() + 100ms;
  const auto second = get_one(*cache, "k", options);
  server.thaw();
  holder.join();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(held.value(), "v");
}

TEST_F(RedisCacheTest, HostileKeysAndValuesAreOnlyBytes) {
  const auto cache = open(options_for(shared_server()));
  for (const std::string& id : conformance::kHostileIds) {
    ASSERT_TRUE(put_one(*cache, id, id, 60s, calm_).has_value());
    EXPECT_EQ(get_one(*cache, id, calm_).value(), id);
    const auto lease = lock_one(*cache, id, 60s, calm_).value();
    ASSERT_TRUE(lease);
    EXPECT_FALSE(lock_one(*cache, id, 60s, calm_).value());
    EXPECT_TRUE(unlock_one(*cache, *lease, calm_).value());
  }
  const std::string large(3'000'000, '\0');
  ASSERT_TRUE(put_one(*cache, "large", large, 60s, calm_).has_value());
  EXPECT_EQ(get_one(*cache, "large", calm_).value(), large);
}

TEST_F(RedisCacheTest, AWrongPasswordIsDeniedAndNeverShown) {
  RedisServer server({"right-secret"});
  RedisOptions options = options_for(server);
  EXPECT_EQ(get_one(*open(options), "k", calm_).error().kind, ErrorKind::kDenied);
  options.secret = "wrong-secret";
  const auto refused = get_one(*open(options), "k", calm_).error();
  EXPECT_EQ(refused.kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.message(), Not(HasSubstr("wrong-secret")));
  options.secret = "right-secret";
  EXPECT_TRUE(get_one(*open(options), "k", calm_).has_value());
  options.user = "default";
  options.url += "/3";
  EXPECT_TRUE(put_one(*open(options), "k", "v", 60s, calm_).has_value());
}

TEST_F(RedisCacheTest, AServerThatDoesNotKnowAuthMakesNoSecretShown) {
  RedisServer server({"", "--rename-command", "AUTH", ""});
  RedisOptions options = options_for(server);
  options.secret = "open-sesame";
  const auto refused = get_one(*open(options), "k", calm_).error();
  EXPECT_THAT(refused.message(), HasSubstr("AUTH: refused"));
  EXPECT_THAT(refused.message(), Not(HasSubstr("open-sesame")));
}

TEST_F(RedisCacheTest, TlsIsSpokenAndTheCertificateIsChecked) {
  const auto identity = test::TlsIdentity::make("localhost");
  test::TlsFront front({shared_server().port(), identity, {}});
  const TempDir dir;
  const std::string ca_file = (dir.path() / "ca.pem").string();
  std::ofstream(ca_file) << identity.certificate;
  RedisOptions options = options_for(shared_server());
  options.url = "rediss://localhost:" + std::to_string(front.port());
  EXPECT_EQ(get_one(*open(options), "k", calm_).error().kind, ErrorKind::kUnavailable);
  options.ca_file = ca_file;
  const auto cache = open(options);
  const std::string value(200'000, 'v');
  ASSERT_TRUE(put_one(*cache, "tls", value, 60s, calm_).has_value());
  EXPECT_EQ(get_one(*cache, "tls", calm_).value(), value);
  EXPECT_EQ(front.handshakes(), 1u);
}

TEST_F(RedisCacheTest, AServerThatRefusesWritesIsUnavailable) {
  RedisServer server;
  const auto cache = open(options_for(server));
  Prompt(server).command("REPLICAOF 127.0.0.1 1");
  EXPECT_EQ(put_one(*cache, "k", "v", 60s, calm_).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(lock_one(*cache, "k", 60s, calm_).error().kind, ErrorKind::kUnavailable);
  Prompt(server).command("REPLICAOF NO ONE");
  EXPECT_TRUE(put_one(*cache, "k", "v", 60s, calm_).has_value());
}

TEST_F(RedisCacheTest, CheckRefusesAServerThatMayEvictLocks) {
  RedisServer server;
  const auto cache = open(options_for(server));
  EXPECT_TRUE(cache->check(calm_).has_value());
  Prompt(server).command("CONFIG SET maxmemory 100mb");
  EXPECT_TRUE(cache->check(calm_).has_value());
  Prompt(server).command("CONFIG SET maxmemory-policy allkeys-lru");
  const auto refused = cache->check(calm_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().what, HasSubstr("allkeys-lru"));
}

TEST_F(RedisCacheTest, AFullServerIsExhausted) {
  RedisServer server;
  const auto cache = open(options_for(server));
  Prompt(server).command("CONFIG SET maxmemory 1");
  EXPECT_EQ(put_one(*cache, "k", "v", 60s, calm_).error().kind, ErrorKind::kExhausted);
  EXPECT_EQ(lock_one(*cache, "k", 60s, calm_).error().kind, ErrorKind::kExhausted);
}

TEST_F(RedisCacheTest, TwoPrefixesDoNotMeet) {
  RedisOptions options = options_for(shared_server());
  const auto one = open(options);
  options.prefix = "other:";
  const auto two = open(options);
  ASSERT_TRUE(put_one(*one, "same", "1", 60s, calm_).has_value());
  EXPECT_EQ(get_one(*two, "same", calm_).value(), std::nullopt);
  ASSERT_TRUE(lock_one(*one, "same", 60s, calm_).value());
  EXPECT_TRUE(lock_one(*two, "same", 60s, calm_).value());
}

TEST_F(RedisCacheTest, AWrongUrlIsRefusedWithItsReason) {
  for (const char* url :
       {"", "127.0.0.1:6379", "http://127.0.0.1", "redis://u:p@127.0.0.1", "redis://127.0.0.1/x",
        "redis://127.0.0.1:0", "redis://127.0.0.1?timeout=1", "redis://"}) {
    RedisOptions options;
    options.url = url;
    const auto opened = RedisCache::open(options);
    ASSERT_FALSE(opened.has_value()) << url;
    EXPECT_EQ(opened.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(opened.error().what, HasSubstr("redis://"));
  }
  RedisOptions user_alone;
  user_alone.url = "redis://127.0.0.1";
  user_alone.user = "gantry";
  EXPECT_EQ(RedisCache::open(user_alone).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace gantry::stores
