#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::hubspot {

/// Names of the secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kAccessToken = "/access_token";
inline constexpr std::string_view kClientSecret = "/client_secret";
inline constexpr std::string_view kRefreshToken = "/refresh_token";

/// The configuration of one source; schema.json documents each field.
struct Settings {
  std::string api_url, client_id, oauth_version, public_url;
  std::vector<std::string> objects;
  std::vector<std::string> properties;  ///< "deals.load_number"
  std::int64_t since_ms = 0;
  std::chrono::milliseconds overlap{0};
  std::chrono::nanoseconds search_pause{0};
  std::chrono::milliseconds archived_pause{0};  ///< 0: never.
  std::chrono::nanoseconds tolerance{0};
  bool accepts_v1 = false, accepts_v2 = false, accepts_v3 = false;
  bool has_access_token = false, has_client_secret = false, has_oauth = false;

  bool can_call() const noexcept { return has_access_token || has_oauth; }
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

}  // namespace gantry::hubspot
