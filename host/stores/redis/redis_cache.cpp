#include "host/stores/redis/redis_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/redis/pool.hpp"

namespace gantry::stores::redis {
namespace {

// A lock's value is "<token> <fence>". The same token again is the same lock: a caller whose
// connection broke may ask once more. Numbers stay below 2^53, so Lua's doubles hold them.
constexpr std::string_view kLock = R"(
local held = redis.call('GET', KEYS[1])
if held then
  local token, fence = string.match(held, '^(%x+) (%d+)$')
  if token == ARGV[1] then return fence end
  return false
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local fence = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. text, 'PX', ARGV[2])
return text
)";

constexpr std::string_view kUnlock = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)";

Error odd_reply(std::string_view what) {
  return {ErrorKind::kInternal, std::string(what) + " on redis: an answer of an unexpected type"};
}

/// The value of `key:` in the text of INFO; empty where it is absent.
std::string_view info_field(std::string_view info, std::string_view key) {
  const std::string wanted = "\n" + std::string(key) + ":";
  const auto found = info.find(wanted);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = info.substr(found + wanted.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

}  // namespace

Result<std::unique_ptr<RedisCache>> RedisCache::open(RedisOptions options) {
  auto target = Target::parse(options);
  if (!target) return target.error();
  if (options.connections_max == 0) {
    return Error{ErrorKind::kInvalid, "the cache needs at least one connection"};
  }
  auto pool = std::make_unique<Pool>(std::move(*target), options.connections_max, options.timeout);
  return std::unique_ptr<RedisCache>(new RedisCache(std::move(options.prefix), std::move(pool)));
}

RedisCache::RedisCache(std::string prefix, std::unique_ptr<Pool> pool)
    : prefix_(std::move(prefix)), pool_(std::move(pool)) {}
RedisCache::~RedisCache() = default;

Result<void> RedisCache::check(const CallOptions& options) const {
  const std::array<std::string_view, 2> words = {"INFO", "memory"};
  auto reply = pool_->call("check", words, options);
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_STRING) return odd_reply("check");
  const std::string_view info((*reply)->str, (*reply)->len);
  const std::string_view policy = info_field(info, "maxmemory_policy");
  if (info_field(info, "maxmemory") != "0" && policy != "noeviction") {
    return Error{ErrorKind::kInvalid, "redis may evict locks that are held (maxmemory-policy " +
                                          escape_control(policy) + "); set it to noeviction"};
  }
  return {};
}

Result<std::optional<std::string>> RedisCache::get(std::string_view key,
                                                   const CallOptions& options) const {
  const std::string full = prefix_ + "value:" + std::string(key);
  const std::array<std::string_view, 2> words = {"GET", full};
  auto reply = pool_->call("get", words, options);
  if (!reply) return reply.error();
  if ((*reply)->type == REDIS_REPLY_NIL) return std::optional<std::string>();
  if ((*reply)->type != REDIS_REPLY_STRING) return odd_reply("get");
  return std::optional<std::string>(std::in_place, (*reply)->str, (*reply)->len);
}

Result<void> RedisCache::put(std::string_view key, std::string_view value,
                             std::chrono::milliseconds ttl, const CallOptions& options) {
  if (ttl <= std::chrono::milliseconds{0}) return erase(key, options);
  const std::string full = prefix_ + "value:" + std::string(key);
  const std::string time = std::to_string(ttl.count());
  const std::array<std::string_view, 5> words = {"SET", full, value, "PX", time};
  auto reply = pool_->call("put", words, options);
  if (!reply) return reply.error();
  return {};
}

Result<void> RedisCache::erase(std::string_view key, const CallOptions& options) {
  const std::string full = prefix_ + "value:" + std::string(key);
  const std::array<std::string_view, 2> words = {"DEL", full};
  auto reply = pool_->call("erase", words, options);
  if (!reply) return reply.error();
  return {};
}

Result<std::optional<Lease>> RedisCache::lock(std::string_view key, std::chrono::milliseconds lease,
                                              const CallOptions& options) {
  Lease out{std::string(key), to_hex(random_bytes(16)), 0};
  const std::string full = prefix_ + "lock:" + out.key;
  const std::string fence_key = prefix_ + "fence";
  const std::string time = std::to_string(std::max<std::int64_t>(lease.count(), 1));
  const std::array<std::string_view, 7> words = {"EVAL",    kLock,     "2", full,
                                                 fence_key, out.token, time};
  auto reply = pool_->call("lock", words, options);
  if (!reply) return reply.error();
  if ((*reply)->type == REDIS_REPLY_NIL) return std::optional<Lease>();
  if ((*reply)->type != REDIS_REPLY_STRING) return odd_reply("lock");
  const char* const end = (*reply)->str + (*reply)->len;
  if (std::from_chars((*reply)->str, end, out.fence).ptr != end) return odd_reply("lock");
  return std::optional<Lease>(std::move(out));
}

Result<bool> RedisCache::unlock(const Lease& lease, const CallOptions& options) {
  const std::string full = prefix_ + "lock:" + lease.key;
  const std::string held = lease.token + ' ' + std::to_string(lease.fence);
  const std::array<std::string_view, 5> words = {"EVAL", kUnlock, "1", full, held};
  auto reply = pool_->call("unlock", words, options);
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_INTEGER) return odd_reply("unlock");
  return (*reply)->integer == 1;
}

}  // namespace gantry::stores::redis
