#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "feeds.hpp"

namespace gantry::samsara {

/// Names of the two secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kApiToken = "/api_token";
inline constexpr std::string_view kWebhookSecret = "/webhook_secret";

/// The configuration of one source; schema.json documents each field.
struct Settings {
  std::string api_url;
  std::vector<const FeedKind*> feeds;
  std::vector<std::string> vehicle_types, equipment_types, trailer_types, decorations;
  std::vector<std::string> alert_configurations;
  std::chrono::nanoseconds window{0};
  std::chrono::nanoseconds lateness{0};
  std::chrono::nanoseconds poll_pause{0};
  std::chrono::nanoseconds tolerance{0};
  std::size_t raw_bytes_max = 0;
  bool on_state_change = true;
  bool has_api_token = false;
  bool has_webhook_secret = false;
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

}  // namespace gantry::samsara
