#pragma once

#include <atomic>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/token.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "objects.hpp"

namespace gantry::hubspot {

/// HubSpot's CRM API for one source: authorisation, pace, errors. Safe on several threads.
///
/// A private app's token is sent as it is. With OAuth an access token lives as long as expires_in
/// says, is kept for restarts, and is renewed once where a call answers 401; a refresh token that
/// HubSpot rotates is stored before the new access token is used.
class Api {
 public:
  /// The references outlive it.
  Api(const sdk::Host& host, const Settings& settings);

  struct Answer {
    sdk::Json json;
    std::string text;
  };
  /// GET or, with a body, POST. 2xx only; else throws as sdk::throw_for_status, other statuses
  /// kData with the status as the code. [blocking]
  Answer call(const sdk::Call& call, std::string_view doing, const std::string& path,
              const std::string& body = "") const;
  /// POST /crm/v3/objects/{type}/search at the configured pace. [blocking]
  Answer search(const sdk::Call& call, const ObjectType& type, const std::string& body) const;

 private:
  sdk::HttpResponse send(const sdk::Call& call, std::string_view doing, const std::string& path,
                         const std::string& body, std::string_view token) const;
  std::string token(const sdk::Call& call) const;
  sdk::TokenCache::Token refresh(const sdk::Call& call) const;
  void pace(const sdk::Call& call) const;

  const sdk::Host& host_;
  const Settings& settings_;
  const sdk::TokenCache tokens_;
  mutable std::atomic<std::int64_t> next_search_ns_{0};
};

}  // namespace gantry::hubspot
