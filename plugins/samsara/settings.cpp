#include "settings.hpp"

#include <gantry/sdk/settings.hpp>

namespace gantry::samsara {
namespace {

enum class Region { kUs, kEu, kCa };

std::string url_of(Region region) {
  switch (region) {
    case Region::kUs:
      return "https://api.samsara.com";
    case Region::kEu:
      return "https://api.eu.samsara.com";
    case Region::kCa:
      return "https://api.ca.samsara.com";
  }
  return {};
}

/// Samsara refuses more than `max` with a 400 that does not say which.
std::vector<std::string> some(const sdk::Settings& config, std::string_view key, std::size_t min,
                              std::size_t max, std::vector<std::string> otherwise) {
  auto all = config.texts(key, std::move(otherwise));
  if (all.size() < min || all.size() > max) {
    config.refuse(key, "takes from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return all;
}

void read_feeds(const sdk::Settings& config, Settings& settings) {
  std::vector<std::string> otherwise;
  if (settings.has_api_token) otherwise.push_back("vehicle_stats");
  for (const auto& name : config.texts("feeds", otherwise)) {
    const FeedKind* kind = feed_kind(name);
    if (kind == nullptr) config.refuse("feeds", "names a feed that does not exist");
    for (const auto* other : settings.feeds) {
      if (other == kind) config.refuse("feeds", "names a feed twice");
    }
    if (name == "alert_incidents" && settings.alert_configurations.empty()) {
      config.refuse("alert_configurations", "is needed by the feed alert_incidents");
    }
    settings.feeds.push_back(kind);
  }
  if (!settings.feeds.empty() && !settings.has_api_token) {
    sdk::refuse_setting(std::string(kApiToken),
                        "feeds need api_token, e.g. \"env:SAMSARA_API_TOKEN\"");
  }
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.has_api_token = config.has("api_token");
  settings.has_webhook_secret = config.has("webhook_secret");
  const Region region = config.choose<Region>(
      "region", {{"us", Region::kUs}, {"eu", Region::kEu}, {"ca", Region::kCa}});
  settings.api_url = config.text("api_url", url_of(region));
  while (settings.api_url.ends_with('/')) settings.api_url.pop_back();
  settings.vehicle_types =
      some(config, "vehicle_types", 1, 3, {"gps", "engineStates", "obdOdometerMeters"});
  settings.equipment_types = some(config, "equipment_types", 1, 3, {"gps"});
  settings.trailer_types = some(config, "trailer_types", 1, 3, {"gps"});
  settings.decorations = some(config, "decorations", 0, 2, {});
  settings.alert_configurations = config.texts("alert_configurations");
  settings.window = std::chrono::minutes(config.integer("window_minutes", 5, 15, 10));
  settings.lateness = std::chrono::minutes(config.integer("lateness_minutes", 0, 60, 5));
  settings.on_state_change = config.flag("on_state_change", true);
  settings.raw_bytes_max =
      static_cast<std::size_t>(config.integer("raw_bytes_max", 4096, 4'194'304, 524'288));
  settings.poll_pause = config.seconds("poll_pause", 5, 3600, 5);
  settings.tolerance = config.seconds("tolerance", 1, 3600, 300);
  if (!settings.has_api_token && !settings.has_webhook_secret) {
    sdk::refuse_setting(std::string(kApiToken),
                        "set api_token (feeds), webhook_secret (webhooks) or both");
  }
  read_feeds(config, settings);
  return settings;
}

}  // namespace gantry::samsara
