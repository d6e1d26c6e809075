#pragma once

#include <atomic>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/token.hpp>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::sonar {

/// FreightWaves' API for one source: login, one series, the free look-up.
///
/// A token lives for a year; FreightWaves asks to renew it daily, so it is kept for a day. Calls
/// keep the configured pace. 429 and 451 are kRateLimited, and nothing is called before their time
/// is over, whoever asks: 451 is the block of those who went on calling after 429, half an hour
/// here. Otherwise as sdk/vendor.hpp. [blocking]
class Api {
 public:
  Api(const sdk::Host& host, const Settings& settings);

  /// GET /data/{index}/{qualifier}/{first}/{last}, billable. kData with the status as code where
  /// FreightWaves does not know the series.
  sdk::Json data(const sdk::Call& call, const Series& series, std::string_view first,
                 std::string_view last) const;

  /// GET /Lookup/Indexes, free: whether login and address are right.
  void look_up(const sdk::Call& call) const;

 private:
  sdk::Json get(const sdk::Call& call, std::string_view doing, const std::string& path) const;
  sdk::HttpResponse send(const sdk::Call& call, std::string_view doing,
                         const sdk::HttpRequest& request) const;
  sdk::TokenCache::Token login(const sdk::Call& call) const;
  [[noreturn]] void block(const char* code, std::chrono::nanoseconds wait) const;

  const sdk::Host host_;
  const Settings& settings_;
  const sdk::TokenCache tokens_;
  mutable std::atomic<std::int64_t> next_call_ns_{0};
};

}  // namespace gantry::sonar
