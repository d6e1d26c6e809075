#include "settings.hpp"

#include <algorithm>

namespace gantry::turvo {
namespace {

constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
    {"shipments", "shipment"}, {"orders", "order"},     {"locations", "location"},
    {"customers", "customer"}, {"carriers", "carrier"}, {"documents", "document"}};

Resource resource_of(const sdk::Settings& config, const std::string& name) {
  for (const auto& [known, kind] : kKinds) {
    if (known != name) continue;
    const std::string_view path = config.json()["paths"][name].text();
    return {name, path.empty() ? "/" + name + "/list" : std::string(path), std::string(kind)};
  }
  sdk::Settings::refuse("resources", "names no list of Turvo's: " + name);
}

}  // namespace

Settings::Settings(std::string_view text) : Settings(sdk::Settings(text)) {}

Settings::Settings(const sdk::Settings& config)
    : has_webhook(config.has("webhook_secret")),
      scheme(config, kWebhookSecret, sdk::SharedScheme::Mode::kStaticToken),
      has_api(config.has("username")) {
  base_url = config.text("base_url", "https://publicapi.turvo.com/v1");
  while (base_url.ends_with('/')) base_url.pop_back();
  if (!base_url.starts_with("https://") && !base_url.starts_with("http://")) {
    sdk::Settings::refuse("base_url", "is no http address");
  }
  username = config.text("username");
  client_id = config.text("client_id");
  scope = config.text("scope", "read+trust+write");
  user_type = config.text("user_type", "business");
  credentials_in_query = config.flag("credentials_in_query", false);
  hydrate = config.flag("hydrate", false);
  for (const auto& name : config.texts("resources", {"shipments"})) {
    resources.push_back(resource_of(config, name));
  }
  if (resources.empty()) sdk::Settings::refuse("resources", "is empty");
  page_size = config.integer("page_size", 10, 500, 100);
  updated_since = config.text("updated_since");
  if (!updated_since.empty() && updated_since.find("{since}") == std::string::npos) {
    sdk::Settings::refuse("updated_since", "needs {since} where the time belongs");
  }
  list_query = config.text("list_query");
  overlap = config.seconds("overlap", 0, 86'400, 600);

  if (!has_webhook && !has_api) {
    sdk::refuse_setting(
        std::string(kWebhookSecret),
        "set webhook_secret (webhooks), username and its credentials (API) or both");
  }
  if (!has_api && hydrate) {
    sdk::refuse_setting("/hydrate", "hydrate fetches shipments: it needs username and credentials");
  }
  if (!has_api) return;
  for (const auto* needed : {"api_key", "client_id", "client_secret", "password"}) {
    if (!config.has(needed)) sdk::Settings::refuse(needed, "is missing: the API needs it");
  }
}

}  // namespace gantry::turvo
