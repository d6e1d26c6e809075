#pragma once

#include <chrono>
#include <gantry/sdk/settings.hpp>
#include <gantry/sdk/shared_scheme.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::turvo {

/// Names of the secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kWebhookSecret = "/webhook_secret";
inline constexpr std::string_view kApiKey = "/api_key";
inline constexpr std::string_view kClientSecret = "/client_secret";
inline constexpr std::string_view kPassword = "/password";

/// A list of Turvo's API: "shipments" at "/shipments/list", whose rows are of kind "shipment".
struct Resource {
  std::string name;
  std::string path;
  std::string kind;
};

/// The configuration of one source; schema.json documents each field.
struct Settings {
  explicit Settings(std::string_view config);

  bool has_webhook = false;
  sdk::SharedScheme scheme;
  bool has_api = false;
  std::string base_url, client_id, username, scope, user_type;
  bool credentials_in_query = false;
  bool hydrate = false;
  std::vector<Resource> resources;
  std::int64_t page_size = 100;
  std::string updated_since, list_query;
  std::chrono::nanoseconds overlap{0};

 private:
  explicit Settings(const sdk::Settings& config);
};

}  // namespace gantry::turvo
