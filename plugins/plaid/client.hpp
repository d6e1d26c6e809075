#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::plaid {

/// Plaid's API for one source: POST and JSON, credentials in headers. [blocking]
class Client {
 public:
  Client(const sdk::Host& host, const Settings& settings) : host_(host), settings_(settings) {}

  /// One page of /transactions/sync as Plaid sent it, valid JSON. An empty cursor begins at the
  /// beginning. Throws as failure_of says.
  std::string sync(const sdk::Call& call, const Item& item, std::string_view cursor) const;
  /// The item and its last error, for check.
  sdk::Json item(const sdk::Call& call, const Item& item) const;
  /// The key of a webhook's signature (/webhook_verification_key/get), the member "key".
  sdk::Json verification_key(const sdk::Call& call, std::string_view kid) const;

 private:
  std::string post(const sdk::Call& call, std::string_view path, std::string_view doing,
                   const sdk::Json& body) const;
  sdk::Json for_item(const Item& item) const;

  const sdk::Host& host_;
  const Settings& settings_;
};

}  // namespace gantry::plaid
