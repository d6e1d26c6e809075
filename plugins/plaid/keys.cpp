#include "keys.hpp"

#include <algorithm>
#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/text.hpp>
#include <vector>

#include "errors.hpp"

namespace gantry::plaid {
namespace {

using sdk::Json;
using sdk::LogLevel;

constexpr std::string_view kStore = "webhook_keys";
constexpr std::size_t kKnownMax = 64;
constexpr std::size_t kWantedMax = 8;
constexpr std::size_t kUnknownMax = 256;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kUnknownFor = 3600 * kNsPerSecond;
constexpr std::int64_t kLookAgain = 24 * 3600 * kNsPerSecond;

bool is_kid(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

Json written(const std::string& kid, const Key& key) {
  Json out = Json::object();
  out.set("kid", kid);
  out.set("x", sdk::to_hex(key.x));
  out.set("y", sdk::to_hex(key.y));
  out.set("expired_at", key.expired_at_ns / kNsPerSecond);
  out.set("fetched_at", key.fetched_at_ns / kNsPerSecond);
  return out;
}

}  // namespace

std::optional<Key> read_key(const Json& jwk, std::string_view kid) {
  if (jwk["alg"].text() != "ES256" || jwk["crv"].text() != "P-256" || jwk["kty"].text() != "EC" ||
      jwk["kid"].text() != kid) {
    return std::nullopt;
  }
  const Json& use = jwk["use"];
  if (!use.is_null() && use.text() != "sig") return std::nullopt;
  const auto x = sdk::from_base64url(jwk["x"].text());
  const auto y = sdk::from_base64url(jwk["y"].text());
  if (!x || !y || x->size() != 32 || y->size() != 32) return std::nullopt;
  Key key{*x, *y, 0, 0};
  if (const Json& expired = jwk["expired_at"]; !expired.is_null()) {
    const auto at = sdk::seconds_to_ns(expired.text());
    if (!at) return std::nullopt;
    key.expired_at_ns = std::max<std::int64_t>(*at, 1);
  }
  return key;
}

KeyRing::KeyRing(const sdk::Host& host) : host_(host) {
  try {
    const auto [stored, revision] = host_.kv_get(kStore);
    if (stored.empty()) return;
    const Json list = Json::parse(stored);
    for (const Json& entry : list.items()) {
      const auto x = sdk::from_hex(entry["x"].text());
      const auto y = sdk::from_hex(entry["y"].text());
      if (!x || !y || !is_kid(entry["kid"].text())) continue;
      keys_[std::string(entry["kid"].text())] =
          Key{*x, *y, sdk::seconds_to_ns(entry["expired_at"].text()).value_or(1),
              sdk::seconds_to_ns(entry["fetched_at"].text()).value_or(0)};
    }
  } catch (const sdk::Failure& failure) {
    host_.log(LogLevel::kWarn, "webhook_keys_not_read", {{"why", failure.what()}});
  }
}

std::optional<Key> KeyRing::find(std::string_view kid) {
  const std::lock_guard lock(mutex_);
  if (const auto known = keys_.find(kid); known != keys_.end()) return known->second;
  if (is_kid(kid) && wanted_.size() < kWantedMax && !unknown_until_ns_.contains(kid)) {
    wanted_.emplace(kid);
  }
  return std::nullopt;
}

void KeyRing::refresh(const Client& client, const sdk::Call& call) {
  std::vector<std::string> kids;
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = host_.now_ns();
    std::erase_if(unknown_until_ns_, [&](const auto& entry) { return entry.second <= now; });
    kids.assign(wanted_.begin(), wanted_.end());
    // A new kid is how a rotation shows: the old key may have got its end.
    const bool rotating = !kids.empty();
    for (const auto& [kid, key] : keys_) {
      const bool old = now - key.fetched_at_ns > kLookAgain;
      if (key.expired_at_ns == 0 && (old || rotating)) kids.push_back(kid);
    }
  }
  for (const std::string& kid : kids) {
    try {
      fetch(client, call, kid);
    } catch (const sdk::Failure& failure) {
      if (failure.status() == sdk::Status::kCancelled) throw;
      host_.log(LogLevel::kWarn, "webhook_key_not_fetched", {{"why", failure.what()}});
    }
  }
  if (!kids.empty()) keep();
}

void KeyRing::fetch(const Client& client, const sdk::Call& call, const std::string& kid) {
  std::optional<Key> key;
  try {
    key = read_key(client.verification_key(call, kid), kid);
  } catch (const sdk::Failure& failure) {
    if (code_of(failure) != kUnknownKey) throw;
  }
  const std::lock_guard lock(mutex_);
  wanted_.erase(kid);
  if (key && (keys_.size() < kKnownMax || keys_.contains(kid))) {
    key->fetched_at_ns = host_.now_ns();
    keys_[kid] = std::move(*key);
    return;
  }
  keys_.erase(kid);
  if (unknown_until_ns_.size() < kUnknownMax) {
    unknown_until_ns_[kid] = host_.now_ns() + kUnknownFor;
  }
}

void KeyRing::keep() {
  Json list = Json::array();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [kid, key] : keys_) list.push(written(kid, key));
  }
  try {
    auto [stored, revision] = host_.kv_get(kStore);
    // Where another host was faster, its keys are as good as ours.
    if (stored != list.dump()) host_.kv_put(kStore, list.dump(), revision);
  } catch (const sdk::Failure& failure) {
    host_.log(LogLevel::kWarn, "webhook_keys_not_kept", {{"why", failure.what()}});
  }
}

}  // namespace gantry::plaid
