#include "settings.hpp"

#include <gantry/sdk/settings.hpp>

namespace gantry::frontapp {

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.mode = config.choose<Mode>(
      "mode", {{"auto", Mode::kAuto}, {"application", Mode::kApplication}, {"rule", Mode::kRule}});
  settings.challenge = config.choose<ChallengeForm>("challenge", {{"json", ChallengeForm::kJson},
                                                                  {"text", ChallengeForm::kText},
                                                                  {"form", ChallengeForm::kForm}});
  settings.tolerance = config.seconds("tolerance", 1, 3600, 300);
  // The host resolves the references; here only their presence counts.
  settings.has_signing_key = config.has("signing_key");
  settings.has_rule_secret = config.has("rule_secret");

  if (settings.mode == Mode::kApplication && !settings.has_signing_key) {
    sdk::refuse_setting("/signing_key",
                        "mode application needs signing_key, e.g. \"env:FRONT_SIGNING_KEY\"");
  }
  if (settings.mode == Mode::kRule && !settings.has_rule_secret) {
    sdk::refuse_setting("/rule_secret",
                        "mode rule needs rule_secret, e.g. \"env:FRONT_API_SECRET\"");
  }
  if (!settings.has_signing_key && !settings.has_rule_secret) {
    sdk::refuse_setting(
        "/signing_key",
        "set signing_key (application webhooks), rule_secret (rule webhooks) or both");
  }
  return settings;
}

}  // namespace gantry::frontapp
