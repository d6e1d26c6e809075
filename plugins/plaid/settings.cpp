#include "settings.hpp"

#include <gantry/sdk/settings.hpp>
#include <set>

namespace gantry::plaid {
namespace {

constexpr std::string_view kProduction = "https://production.plaid.com";
constexpr std::string_view kSandbox = "https://sandbox.plaid.com";
constexpr std::size_t kItemsMax = 64;  // So many cursors fit into ours of 64 KiB.

std::vector<Item> read_items(const sdk::Json& list) {
  if (!list.is_array() || list.items().empty() || list.items().size() > kItemsMax) {
    sdk::Settings::refuse("items", "is no list of 1 to 64 items");
  }
  std::vector<Item> items;
  std::set<std::string_view> seen;
  for (const sdk::Json& entry : list.items()) {
    const std::string at = "/items/" + std::to_string(items.size());
    const std::string_view id = entry["id"].text();
    if (!entry["id"].is_string() || id.empty() || id.size() > 32) {
      sdk::refuse_setting(at + "/id", "an item needs an id of up to 32 characters");
    }
    if (!seen.insert(id).second) {
      sdk::refuse_setting(at + "/id", "two items have the same id; each keeps its own place");
    }
    if (entry["access_token"].is_null()) {
      sdk::refuse_setting(at + "/access_token", "an item needs its access token, as env:NAME");
    }
    items.push_back({std::string(id), std::string(entry["item_id"].text()), at + "/access_token"});
  }
  return items;
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.client_id = config.need_text("client_id");
  if (!config.has("secret")) {
    sdk::refuse_setting(std::string(kSecret), "set secret, e.g. \"env:PLAID_SECRET\"");
  }
  const auto environment = config.choose<std::string_view>(
      "environment", {{"production", kProduction}, {"sandbox", kSandbox}});
  settings.base_url = config.text("base_url", environment);
  settings.items = read_items(config.json()["items"]);
  settings.page_size = config.integer("page_size", 1, 500, 500);
  settings.tolerance = config.seconds("tolerance", 1, 300, 300);
  return settings;
}

}  // namespace gantry::plaid
