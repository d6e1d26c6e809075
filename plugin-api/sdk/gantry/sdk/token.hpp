#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "gantry/sdk/host.hpp"
#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

/// An access token that the vendor gave for a while, kept in the source's kv store: a restart or a
/// second host uses it instead of logging in again.
///
/// In one process only one caller at a time fetches. A rejected login is remembered for
/// `cool_down`, in which nobody tries again: replaying a bad password locks accounts.
class TokenCache {
 public:
  struct Token {
    std::string value;
    std::int64_t expires_at_ns = 0;  ///< UNIX time.
  };
  struct Policy {
    std::chrono::nanoseconds early = std::chrono::minutes(1);  ///< Renewed this long before.
    std::chrono::nanoseconds cool_down{0};                     ///< After kAuth from the login.
  };

  TokenCache(const Host& host, std::string key, Policy policy)
      : host_(host), key_(std::move(key)), policy_(policy) {}

  /// The token, fetched by `login()` -> Token where none is valid. [blocking]
  template <class Login>
  std::string get(Login&& login) const {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = host_.now_ns();
    auto [stored, revision] = host_.kv_get(key_);
    const Json state = stored.empty() ? Json::object() : Json::parse(stored);
    if (number(state["expires_at_ns"]) - policy_.early.count() > now) {
      return std::string(state["value"].text());
    }
    const std::int64_t wait = number(state["rejected_until_ns"]) - now;
    if (wait > 0) {
      throw Failure(Status::kAuth, "the last login was rejected; the next try is in " +
                                       std::to_string(wait / 1'000'000'000 + 1) +
                                       " s: correct the credentials")
          .code("COOL_DOWN");
    }
    try {
      const Token token = login();
      Json fresh = Json::object();
      fresh.set("value", token.value);
      fresh.set("expires_at_ns", token.expires_at_ns);
      host_.kv_put(key_, fresh.dump(), revision);
      return token.value;
    } catch (const Failure& failure) {
      if (failure.status() == Status::kAuth && policy_.cool_down.count() > 0) {
        Json rejected = Json::object();
        rejected.set("rejected_until_ns", now + policy_.cool_down.count());
        host_.kv_put(key_, rejected.dump(), revision);
      }
      throw;
    }
  }

  /// The vendor refused `value` before its time: the next get logs in, unless another caller has
  /// brought a newer one meanwhile.
  void drop(std::string_view value) const {
    const std::lock_guard lock(mutex_);
    auto [stored, revision] = host_.kv_get(key_);
    if (stored.empty() || Json::parse(stored)["value"].text() != value) return;
    host_.kv_put(key_, "", revision);
  }

 private:
  static std::int64_t number(const Json& json) noexcept {
    std::int64_t value = 0;
    for (const char c : json.text()) {
      if (c < '0' || c > '9') return 0;
      value = value * 10 + (c - '0');
    }
    return value;
  }

  const Host host_;
  const std::string key_;
  const Policy policy_;
  mutable std::mutex mutex_;
};

}  // namespace gantry::sdk
