#pragma once

#include <chrono>
#include <gantry/sdk/settings.hpp>

namespace gantry::stripe {

/// The secret's name, as JSON pointer into the configuration.
inline constexpr std::string_view kSigningSecret = "/signing_secret";

/// The configuration of one source; schema.json documents each field.
struct Settings {
  std::chrono::nanoseconds tolerance{0};
  bool keep_events = true;
};

/// Throws Failure(kConfig) naming the field.
inline Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  if (!config.has("signing_secret")) {
    sdk::refuse_setting(std::string(kSigningSecret),
                        "signing_secret is missing, e.g. \"env:STRIPE_WEBHOOK_SECRET\"");
  }
  return {config.seconds("tolerance", 1, 3600, 300), config.flag("keep_events", true)};
}

}  // namespace gantry::stripe
