#include "settings.hpp"

#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/json.hpp>
#include <string>

namespace gantry::frontapp {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

[[noreturn]] void refuse(std::string pointer, std::string message) {
  throw Failure(Status::kConfig, std::move(message)).pointer(std::move(pointer));
}

Mode read_mode(const Json& value) {
  if (value.is_null() || value.text() == "auto") return Mode::kAuto;
  if (value.text() == "application") return Mode::kApplication;
  if (value.text() == "rule") return Mode::kRule;
  refuse("/mode", "mode is none of auto, application, rule");
}

ChallengeForm read_challenge(const Json& value) {
  if (value.is_null() || value.text() == "json") return ChallengeForm::kJson;
  if (value.text() == "text") return ChallengeForm::kText;
  if (value.text() == "form") return ChallengeForm::kForm;
  refuse("/challenge", "challenge is none of json, text, form");
}

std::int64_t read_tolerance_ms(const Json& value) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  constexpr std::int64_t kMsMin = 1'000;
  constexpr std::int64_t kMsMax = 3'600'000;
  if (value.is_null()) return Settings{}.tolerance_ms;
  const auto ns = value.is_number() ? sdk::seconds_to_ns(value.text()) : std::nullopt;
  if (!ns || *ns < kMsMin * kNsPerMs || *ns > kMsMax * kNsPerMs) {
    refuse("/tolerance", "tolerance is no number of seconds from 1 to 3600");
  }
  return *ns / kNsPerMs;
}

}  // namespace

Settings read_settings(std::string_view text) {
  const Json config = [&] {
    try {
      return Json::parse(text);
    } catch (const Failure& failure) {
      refuse("", std::string("configuration: ") + failure.what());
    }
  }();
  if (!config.is_object()) refuse("", "the configuration is no JSON object");

  Settings settings;
  settings.mode = read_mode(config["mode"]);
  settings.challenge = read_challenge(config["challenge"]);
  settings.tolerance_ms = read_tolerance_ms(config["tolerance"]);
  // The host resolves the references; here only their presence counts.
  settings.has_signing_key = !config["signing_key"].is_null();
  settings.has_rule_secret = !config["rule_secret"].is_null();

  if (settings.mode == Mode::kApplication && !settings.has_signing_key) {
    refuse("/signing_key", "mode application needs signing_key, e.g. \"env:FRONT_SIGNING_KEY\"");
  }
  if (settings.mode == Mode::kRule && !settings.has_rule_secret) {
    refuse("/rule_secret", "mode rule needs rule_secret, e.g. \"env:FRONT_API_SECRET\"");
  }
  if (!settings.has_signing_key && !settings.has_rule_secret) {
    refuse("/signing_key",
           "set signing_key (application webhooks), rule_secret (rule webhooks) or both");
  }
  return settings;
}

}  // namespace gantry::frontapp
