#pragma once

#include <chrono>
#include <string_view>

namespace gantry::frontapp {

/// Names of the two secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kSigningKey = "/signing_key";
inline constexpr std::string_view kRuleSecret = "/rule_secret";

enum class Mode { kAuto, kApplication, kRule };
enum class ChallengeForm { kJson, kText, kForm };

/// The configuration of one source; schema.json documents each field.
struct Settings {
  Mode mode = Mode::kAuto;
  ChallengeForm challenge = ChallengeForm::kJson;
  std::chrono::nanoseconds tolerance{0};
  bool has_signing_key = false;
  bool has_rule_secret = false;
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

}  // namespace gantry::frontapp
