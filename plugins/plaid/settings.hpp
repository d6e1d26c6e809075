#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::plaid {

/// Name of the team's secret, as a JSON pointer into the configuration.
inline constexpr std::string_view kSecret = "/secret";

/// One bank connection.
struct Item {
  std::string id;       ///< The operator's name: "operating".
  std::string item_id;  ///< Plaid's, where configured.
  std::string token;    ///< JSON pointer of its access token: "/items/0/access_token".
};

/// The configuration of one source; schema.json documents each field.
struct Settings {
  std::string client_id;
  std::string base_url;
  std::vector<Item> items;
  std::int64_t page_size = 500;
  std::chrono::nanoseconds tolerance{0};
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

}  // namespace gantry::plaid
