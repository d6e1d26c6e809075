#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/token.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"

namespace gantry::turvo {

/// One page of a list.
struct Page {
  std::vector<sdk::Json> rows;
  bool more = false;
};

/// Turvo's public API for one source: login, lists, one shipment.
///
/// The token is kept in the source's store for its life (about 12 hours; every grant is a full
/// login), fetched by one caller at a time; a rejected login is not tried again for 15 minutes,
/// because replayed ones lock the account. A refused token is renewed once per request.
/// Throws as sdk/vendor.hpp lists; an answer with HTTP 200 whose Status is no success is kTransient
/// with Turvo's own code. [blocking]
class Api {
 public:
  Api(const sdk::Host& host, const Settings& settings);

  /// Rows from offset `start`. `since_ns` fills settings.updated_since where that is set. 400, 404
  /// and 422 are kConfig: the vendor does not take the path or the query.
  Page list(const sdk::Call& call, const Resource& resource, std::int64_t start,
            std::int64_t page_size, std::int64_t since_ns) const;

  /// GET /shipments/{id}; null where Turvo has none.
  sdk::Json shipment(const sdk::Call& call, std::string_view id) const;

 private:
  sdk::HttpResponse get(const sdk::Call& call, std::string_view doing,
                        const std::string& path) const;
  sdk::HttpResponse send(const sdk::Call& call, const std::string& url,
                         const std::string& token) const;
  sdk::TokenCache::Token login(const sdk::Call& call) const;

  const sdk::Host host_;
  const Settings& settings_;
  const sdk::TokenCache tokens_;
};

}  // namespace gantry::turvo
