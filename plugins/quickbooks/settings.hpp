#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::quickbooks {

/// Names of the secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kVerifierToken = "/verifier_token";
inline constexpr std::string_view kClientSecret = "/client_secret";
inline constexpr std::string_view kRefreshToken = "/refresh_token";

/// The configuration of one source; schema.json documents each field.
struct Settings {
  std::string realm_id;
  std::string client_id;
  std::string base_url;
  std::string token_url;
  std::vector<std::string> entities;  ///< QuickBooks' names: "BillPayment".
  bool hydrate = true;
  std::int64_t page_size = 1000;
  std::int64_t minor_version = 75;
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

}  // namespace gantry::quickbooks
