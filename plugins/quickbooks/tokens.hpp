#pragma once

#include <gantry/sdk/token.hpp>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::quickbooks {

/// Intuit's OAuth 2.0 tokens of one company.
///
/// The refresh token rotates: the answer to a refresh holds the next one, and the one used is dead
/// soon after. The new one is therefore made durable (put_secret) before the access token is used,
/// and one caller refreshes at a time: in this process by a lock, on this machine by a mark in kv.
/// Where an answer gets lost the grant may be dead; then the next refresh says so in plain words.
class Tokens {
 public:
  Tokens(const sdk::Host& host, const Settings& settings)
      : host_(host),
        settings_(settings),
        cache_(host, "access_token", {std::chrono::minutes(5), std::chrono::minutes(5)}) {}

  /// A valid access token, refreshed where needed. Throws kAuth where the company has to be
  /// connected anew, kRateLimited where the app's monthly budget is spent. [blocking]
  std::string get(const sdk::Call& call) const;
  /// The one that is there, or empty: check may not rotate anything. [blocking]
  std::string peek() const;
  void drop(std::string_view token) const { cache_.drop(token); }

 private:
  sdk::TokenCache::Token refresh(const sdk::Call& call) const;
  sdk::TokenCache::Token read_answer(const sdk::HttpResponse& response,
                                     std::string_view used) const;
  [[noreturn]] void refuse(const sdk::HttpResponse& response, bool earlier_lost) const;

  const sdk::Host& host_;
  const Settings& settings_;
  const sdk::TokenCache cache_;
};

}  // namespace gantry::quickbooks
