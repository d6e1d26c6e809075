#include "settings.hpp"

#include <gantry/sdk/settings.hpp>
#include <gantry/sdk/time.hpp>

#include "objects.hpp"

namespace gantry::hubspot {
namespace {

void read_signatures(const sdk::Settings& config, Settings& settings) {
  for (const auto& version : config.texts("signatures", {"v3"})) {
    if (version == "v1") {
      settings.accepts_v1 = true;
    } else if (version == "v2") {
      settings.accepts_v2 = true;
    } else if (version == "v3") {
      settings.accepts_v3 = true;
    } else {
      config.refuse("signatures", "knows v3, v2 and v1");
    }
  }
  settings.public_url = config.text("public_url");
  const auto& url = settings.public_url;
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://")) {
    config.refuse("public_url", "begins with https://");
  }
}

void read_access(const sdk::Settings& config, Settings& settings) {
  settings.has_access_token = config.has("access_token");
  settings.has_client_secret = config.has("client_secret");
  settings.client_id = config.text("client_id");
  const bool has_refresh_token = config.has("refresh_token");
  settings.has_oauth = has_refresh_token && !settings.has_access_token;
  if (settings.has_oauth && settings.client_id.empty()) {
    config.refuse("client_id", "is needed beside refresh_token");
  }
  if (settings.has_oauth && !settings.has_client_secret) {
    config.refuse("client_secret", "is needed beside refresh_token");
  }
  if (!settings.has_access_token && !settings.has_client_secret) {
    sdk::refuse_setting(std::string(kAccessToken),
                        "set access_token or OAuth (polling), client_secret (webhooks) or both");
  }
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  read_access(config, settings);
  read_signatures(config, settings);
  settings.api_url = config.text("api_url", "https://api.hubapi.com");
  while (settings.api_url.ends_with('/')) settings.api_url.pop_back();
  settings.oauth_version = config.text("oauth_version", "v1");
  settings.overlap = config.seconds("overlap", 120, 300, 180);
  settings.search_pause =
      std::chrono::nanoseconds(1'000'000'000 / config.integer("searches_per_second", 1, 5, 4));
  settings.archived_pause = std::chrono::hours(config.integer("archived_hours", 0, 720, 24));
  settings.tolerance = config.seconds("tolerance", 1, 3600, 300);
  if (const std::string since = config.text("since"); !since.empty()) {
    const auto time = sdk::read_timestamp(since);
    if (!time || time->ns < 0) config.refuse("since", "is no date such as 2026-01-01");
    settings.since_ms = time->ns / 1'000'000;
  }
  settings.properties = config.texts("properties");
  for (const auto& property : settings.properties) {
    const auto dot = property.find('.');
    if (dot == 0 || dot == std::string::npos || dot + 1 == property.size()) {
      config.refuse("properties", "takes <object type>.<property>, such as deals.load_number");
    }
  }
  std::vector<std::string> otherwise;
  if (settings.can_call()) otherwise = {"contacts", "companies", "deals", "tickets"};
  settings.objects = config.texts("objects", otherwise);
  for (const auto& object : settings.objects) {
    if (!is_object_type(object)) config.refuse("objects", "names no object type");
  }
  if (!settings.objects.empty() && !settings.can_call()) {
    config.refuse("access_token", "or client_id and refresh_token are needed to poll objects");
  }
  return settings;
}

}  // namespace gantry::hubspot
