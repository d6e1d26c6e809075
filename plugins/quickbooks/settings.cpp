#include "settings.hpp"

#include <algorithm>
#include <gantry/sdk/settings.hpp>

#include "entities.hpp"

namespace gantry::quickbooks {
namespace {

constexpr std::string_view kProduction = "https://quickbooks.api.intuit.com";
constexpr std::string_view kSandbox = "https://sandbox-quickbooks.api.intuit.com";
constexpr std::string_view kTokens = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 41 && text[0] >= 'A' && text[0] <= 'Z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.realm_id = config.need_text("realm_id");
  // It becomes a part of every address.
  if (settings.realm_id.find_first_not_of("0123456789") != std::string::npos) {
    sdk::Settings::refuse("realm_id", "is no number");
  }
  settings.client_id = config.need_text("client_id");
  for (const auto* secret : {"client_secret", "refresh_token"}) {
    if (!config.has(secret)) sdk::Settings::refuse(secret, "is missing; name it as env:NAME");
  }
  const auto environment = config.choose<std::string_view>(
      "environment", {{"production", kProduction}, {"sandbox", kSandbox}});
  settings.base_url = config.text("base_url", environment);
  settings.token_url = config.text("token_url", kTokens);
  settings.entities =
      config.texts("entities", {"Invoice", "Bill", "BillPayment", "Payment", "Vendor", "Customer"});
  if (settings.entities.empty() || settings.entities.size() > 30) {
    sdk::Settings::refuse("entities", "is no list of 1 to 30 names");
  }
  for (const std::string& name : settings.entities) {
    if (!is_name(name)) sdk::Settings::refuse("entities", "holds a name that is none");
    if (!has_change_capture(name)) {
      sdk::Settings::refuse("entities", "holds " + name + ", which has no change data capture");
    }
  }
  settings.hydrate = config.flag("hydrate", true);
  settings.page_size = config.integer("page_size", 1, 1000, 1000);
  settings.minor_version = config.integer("minor_version", 75, 999, 75);
  return settings;
}

}  // namespace gantry::quickbooks
