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
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local fence = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0') + 1)
local out = {}
for i = 2, #KEYS do
  local held = redis.call('GET', KEYS[i])
  if held then
    local token, text = string.match(held, '^(%x+) (%d+)$')
    if token ~= ARGV[1] then break end
    out[#out + 1] = text
  else
    local text = string.format('%.0f', fence)
    redis.call('SET', KEYS[1], text)
    redis.call('SET', KEYS[i], ARGV[1] .. ' ' .. text, 'PX', ARGV[2])
    out[#out + 1] = text
    fence = fence + 1
  end
end
return out
)";

constexpr std::string_view kUnlock = R"(
local out = {}
for i = 1, #KEYS do
  out[i] = redis.call('GET', KEYS[i]) == ARGV[i] and redis.call('DEL', KEYS[i]) or 0
end
return out
)";

constexpr std::string_view kPut = R"(
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ARGV[1]) end
)";

Error odd_reply(std::string_view what) {
  return {ErrorKind::kInternal, std::string(what) + " on redis: an answer of an unexpected type"};
}

Result<Reply> call(Pool& pool, std::string_view what, const std::vector<std::string>& words,
                   const CallOptions& options) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return pool.call(what, views, options);
}

/// The parts of an array of `count`; empty where the reply is something else.
std::optional<std::span<redisReply* const>> elements(const redisReply& reply, std::size_t count) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != count) return std::nullopt;
  return std::span<redisReply* const>(reply.element, reply.elements);
}

/// Redis refuses a life of no milliseconds.
std::string positive(std::chrono::milliseconds life) {
  return std::to_string(std::max<std::int64_t>(life.count(), 1));
}

/// The text of INFO's section.
Result<std::string> info(Pool& pool, std::string_view section, const CallOptions& options) {
  const std::array<std::string_view, 2> words = {"INFO", section};
  auto reply = pool.call("info", words, options);
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_STRING) return odd_reply("info");
  return std::string((*reply)->str, (*reply)->len);
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
  auto reply = info(*pool_, "memory", options);
  if (!reply) return reply.error();
  const std::string_view policy = info_field(*reply, "maxmemory_policy");
  if (info_field(*reply, "maxmemory") != "0" && policy != "noeviction") {
    return Error{ErrorKind::kInvalid, "redis may evict locks that are held (maxmemory-policy " +
                                          escape_control(policy) + "); set it to noeviction"};
  }
  return {};
}

Result<ServerFacts> RedisCache::facts(const CallOptions& options) const {
  auto reply = info(*pool_, "server", options);
  if (!reply) return reply.error();
  ServerFacts out{"Redis " + escape_control(info_field(*reply, "redis_version")), {}};
  std::int64_t micros = 0;
  const std::string_view clock = info_field(*reply, "server_time_usec");
  const auto read = std::from_chars(clock.data(), clock.data() + clock.size(), micros);
  if (read.ec == std::errc()) out.clock = Instant(std::chrono::microseconds(micros));
  return out;
}

Result<std::vector<std::optional<std::string>>> RedisCache::get(std::span<const std::string> keys,
                                                                const CallOptions& options) const {
  std::vector<std::optional<std::string>> out;
  if (keys.empty()) return out;
  std::vector<std::string> words = {"MGET"};
  for (const std::string& key : keys) words.push_back(prefix_ + "value:" + key);
  auto reply = call(*pool_, "get", words, options);
  if (!reply) return reply.error();
  const auto values = elements(**reply, keys.size());
  if (!values) return odd_reply("get");
  for (const redisReply* value : *values) {
    if (value->type != REDIS_REPLY_NIL && value->type != REDIS_REPLY_STRING)
      return odd_reply("get");
    out.push_back(value->type == REDIS_REPLY_NIL
                      ? std::nullopt
                      : std::optional<std::string>(std::in_place, value->str, value->len));
  }
  return out;
}

Result<void> RedisCache::put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                             const CallOptions& options) {
  if (entries.empty()) return {};
  std::vector<std::string> words = {"EVAL", std::string(kPut), std::to_string(entries.size())};
  for (const CacheEntry& entry : entries) words.push_back(prefix_ + "value:" + entry.key);
  words.push_back(positive(ttl));
  for (const CacheEntry& entry : entries) words.push_back(entry.value);
  auto reply = call(*pool_, "put", words, options);
  if (!reply) return reply.error();
  return {};
}

Result<std::vector<Lease>> RedisCache::lock(std::span<const std::string> keys,
                                            std::chrono::milliseconds lease,
                                            const CallOptions& options) {
  std::vector<Lease> out;
  if (keys.empty()) return out;
  const std::string token = to_hex(random_bytes(16));
  std::vector<std::string> words = {"EVAL", std::string(kLock), std::to_string(keys.size() + 1),
                                    prefix_ + "fence"};
  for (const std::string& key : keys) words.push_back(prefix_ + "lock:" + key);
  words.push_back(token);
  words.push_back(positive(lease));
  auto reply = call(*pool_, "lock", words, options);
  if (!reply) return reply.error();
  const auto fences = elements(**reply, (*reply)->elements);
  if (!fences || fences->size() > keys.size()) return odd_reply("lock");
  for (const redisReply* fence : *fences) {
    if (fence->type != REDIS_REPLY_STRING) return odd_reply("lock");
    Lease taken{keys[out.size()], token, 0};
    const char* const end = fence->str + fence->len;
    if (std::from_chars(fence->str, end, taken.fence).ptr != end) return odd_reply("lock");
    out.push_back(std::move(taken));
  }
  return out;
}

Result<std::vector<bool>> RedisCache::unlock(std::span<const Lease> leases,
                                             const CallOptions& options) {
  std::vector<bool> out;
  if (leases.empty()) return out;
  std::vector<std::string> words = {"EVAL", std::string(kUnlock), std::to_string(leases.size())};
  for (const Lease& lease : leases) words.push_back(prefix_ + "lock:" + lease.key);
  for (const Lease& lease : leases) {
    words.push_back(lease.token + ' ' + std::to_string(lease.fence));
  }
  auto reply = call(*pool_, "unlock", words, options);
  if (!reply) return reply.error();
  const auto done = elements(**reply, leases.size());
  if (!done) return odd_reply("unlock");
  for (const redisReply* one : *done) {
    if (one->type != REDIS_REPLY_INTEGER) return odd_reply("unlock");
    out.push_back(one->integer == 1);
  }
  return out;
}

}  // namespace gantry::stores::redis
