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
  Result<std::optional<std::string>> get(std::string_view key,
                                         const CallOptions& options) const override {
    age();
    return cache_.get(key, options);
  }
  Result<void> put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl,
                   const CallOptions& options) override {
    age();
    return cache_.put(key, value, ttl, options);
  }
  Result<void> erase(std::string_view key, const CallOptions& options) override {
    age();
    return cache_.erase(key, options);
  }
  Result<std::optional<Lease>> lock(std::string_view key, std::chrono::milliseconds lease,
                                    const CallOptions& options) override {
    age();
    return cache_.lock(key, lease, options);
  }
  Result<bool> unlock(const Lease& lease, const CallOptions& options) override {
    age();
    return cache_.unlock(lease, options);
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
  ASSERT_TRUE(cache->put("brief", "v", 30ms, calm_).has_value());
  ASSERT_TRUE(cache->lock("brief", 30ms, calm_).value());
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (cache->get("brief", calm_).value() && std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(cache->get("brief", calm_).value(), std::nullopt);
  std::optional<Lease> lease;
  while (!lease && std::chrono::steady_clock::now() < end) {
    lease = cache->lock("brief", 30s, calm_).value();
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
          const auto lease = cache->lock("shared", 30s, calm_).value();
          if (!lease) continue;
          if (inside.fetch_add(1) != 0) ++overlaps;
          fences[static_cast<std::size_t>(t)].push_back(lease->fence);
          inside.fetch_sub(1);
          EXPECT_TRUE(cache->unlock(*lease, calm_).value());
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
  const Lease before = cache->lock("a", 60s, calm_).value().value();
  ASSERT_TRUE(cache->put("k", "v", 60s, calm_).has_value());
  server.kill();
  EXPECT_EQ(cache->get("k", calm_).error().kind, ErrorKind::kUnavailable);
  server.start();
  EXPECT_EQ(cache->get("k", calm_).value(), "v");
  EXPECT_FALSE(cache->lock("a", 60s, calm_).value());
  EXPECT_TRUE(cache->unlock(before, calm_).value());
  EXPECT_GT(cache->lock("a", 60s, calm_).value()->fence, before.fence);
}

TEST_F(RedisCacheTest, TheFenceGrowsEvenWhereTheServerLostEverything) {
  RedisServer server;
  const auto cache = open(options_for(server));
  const Lease before = cache->lock("a", 60s, calm_).value().value();
  server.start_empty();
  const auto after = cache->lock("a", 60s, calm_).value();
  ASSERT_TRUE(after);
  EXPECT_GT(after->fence, before.fence);
}

TEST_F(RedisCacheTest, TheFenceGrowsWhereTheServersClockWentBack) {
  RedisServer server;
  const auto cache = open(options_for(server));
  // The counter of a server whose clock stood in the year 2100.
  Prompt(server).command("SET gantry:fence 4102444800000000");
  EXPECT_EQ(cache->lock("a", 60s, calm_).value()->fence, 4'102'444'800'000'001);
  EXPECT_EQ(cache->lock("b", 60s, calm_).value()->fence, 4'102'444'800'000'002);
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
        if (!cache->put(key, key, 60s, calm_)) continue;
        const auto got = cache->get(key, calm_);
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
  EXPECT_EQ(cache->get("k0", calm_).has_value(), true);
}

TEST_F(RedisCacheTest, AHangingServerEndsInATimeOutAtTheDeadline) {
  RedisServer server;
  const auto cache = open(options_for(server));
  ASSERT_TRUE(cache->put("k", "v", 60s, calm_).has_value());
  server.freeze();
  CallOptions options;
  const auto started = std::chrono::steady_clock::now();
  options.deadline = started + 200ms;
  const auto got = cache->get("k", options);
  const auto took = std::chrono::steady_clock::now() - started;
  server.thaw();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kTimeout);
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 2s);
  // The late answer belongs to nobody: the next call gets its own.
  ASSERT_TRUE(cache->put("other", "w", 60s, calm_).has_value());
  EXPECT_EQ(cache->get("other", calm_).value(), "w");
}

TEST_F(RedisCacheTest, AWaitingCallEndsWhenTheCallerGivesUp) {
  RedisServer server;
  const auto cache = open(options_for(server));
  ASSERT_TRUE(cache->put("k", "v", 60s, calm_).has_value());
  server.freeze();
  CallOptions options;
  int asked = 0;
  options.cancelled = [&asked] { return ++asked > 2; };
  const auto got = cache->get("k", options);
  server.thaw();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kCancelled);
}

TEST_F(RedisCacheTest, NeverMoreConnectionsThanAllowed) {
  RedisServer server;
  RedisOptions limits = options_for(server);
  limits.connections_max = 1;
  const auto cache = open(limits);
  ASSERT_TRUE(cache->put("k", "v", 60s, calm_).has_value());
  server.freeze();
  Result<std::optional<std::string>> held = Error{};
  std::atomic<bool> waiting{false};
  std::jthread holder([&] {
    CallOptions options;
    options.cancelled = [&waiting] {
      waiting = true;
      return false;
    };
    held = cache->get("k", options);
  });
  while (!waiting) std::this_thread::yield();
  CallOptions options;
  options.deadline = std::chrono::steady_clock::now() + 100ms;
  const auto second = cache->get("k", options);
  server.thaw();
  holder.join();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(held.value(), "v");
}

TEST_F(RedisCacheTest, HostileKeysAndValuesAreOnlyBytes) {
  const auto cache = open(options_for(shared_server()));
  for (const std::string& id : conformance::kHostileIds) {
    ASSERT_TRUE(cache->put(id, id, 60s, calm_).has_value());
    EXPECT_EQ(cache->get(id, calm_).value(), id);
    const auto lease = cache->lock(id, 60s, calm_).value();
    ASSERT_TRUE(lease);
    EXPECT_FALSE(cache->lock(id, 60s, calm_).value());
    EXPECT_TRUE(cache->unlock(*lease, calm_).value());
  }
  const std::string large(3'000'000, '\0');
  ASSERT_TRUE(cache->put("large", large, 60s, calm_).has_value());
  EXPECT_EQ(cache->get("large", calm_).value(), large);
}

TEST_F(RedisCacheTest, AWrongPasswordIsDeniedAndNeverShown) {
  RedisServer server({"right-secret"});
  RedisOptions options = options_for(server);
  EXPECT_EQ(open(options)->get("k", calm_).error().kind, ErrorKind::kDenied);
  options.secret = "wrong-secret";
  const auto refused = open(options)->get("k", calm_).error();
  EXPECT_EQ(refused.kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.message(), Not(HasSubstr("wrong-secret")));
  options.secret = "right-secret";
  EXPECT_TRUE(open(options)->get("k", calm_).has_value());
  options.user = "default";
  options.url += "/3";
  EXPECT_TRUE(open(options)->put("k", "v", 60s, calm_).has_value());
}

TEST_F(RedisCacheTest, AServerThatDoesNotKnowAuthMakesNoSecretShown) {
  RedisServer server({"", "--rename-command", "AUTH", ""});
  RedisOptions options = options_for(server);
  options.secret = "open-sesame";
  const auto refused = open(options)->get("k", calm_).error();
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
  EXPECT_EQ(open(options)->get("k", calm_).error().kind, ErrorKind::kUnavailable);
  options.ca_file = ca_file;
  const auto cache = open(options);
  const std::string value(200'000, 'v');
  ASSERT_TRUE(cache->put("tls", value, 60s, calm_).has_value());
  EXPECT_EQ(cache->get("tls", calm_).value(), value);
  EXPECT_EQ(front.handshakes(), 1u);
}

TEST_F(RedisCacheTest, AServerThatRefusesWritesIsUnavailable) {
  RedisServer server;
  const auto cache = open(options_for(server));
  Prompt(server).command("REPLICAOF 127.0.0.1 1");
  EXPECT_EQ(cache->put("k", "v", 60s, calm_).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(cache->lock("k", 60s, calm_).error().kind, ErrorKind::kUnavailable);
  Prompt(server).command("REPLICAOF NO ONE");
  EXPECT_TRUE(cache->put("k", "v", 60s, calm_).has_value());
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
  EXPECT_EQ(cache->put("k", "v", 60s, calm_).error().kind, ErrorKind::kExhausted);
  EXPECT_EQ(cache->lock("k", 60s, calm_).error().kind, ErrorKind::kExhausted);
}

TEST_F(RedisCacheTest, TwoPrefixesDoNotMeet) {
  RedisOptions options = options_for(shared_server());
  const auto one = open(options);
  options.prefix = "other:";
  const auto two = open(options);
  ASSERT_TRUE(one->put("same", "1", 60s, calm_).has_value());
  EXPECT_EQ(two->get("same", calm_).value(), std::nullopt);
  ASSERT_TRUE(one->lock("same", 60s, calm_).value());
  EXPECT_TRUE(two->lock("same", 60s, calm_).value());
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
