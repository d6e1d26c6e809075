#include "check.hpp"

#include <gantry/sdk/text.hpp>
#include <string>

namespace gantry::frontapp {
namespace {

constexpr std::size_t kSecretMin = 16;
constexpr std::size_t kSecretMax = 512;

void check_secret(const sdk::Host& host, std::string_view pointer, sdk::Report& report) {
  const std::string name(pointer.substr(1));
  const std::uint64_t count = host.secret_count(pointer);
  if (count == 0) {
    report.fail(name + " has no value", "set the variable or file that " + name + " names");
    return;
  }
  bool sound = true;
  for (std::uint64_t i = 0; i < count; ++i) {
    const sdk::Secret secret = host.secret(pointer, i);
    const std::string which = count == 1 ? name : name + " value " + std::to_string(i + 1);
    const std::string_view bare = sdk::trim(secret.view());
    if (bare.empty()) {
      report.fail(which + " is blank", "put the value that Front shows for it");
    } else if (bare.size() != secret.view().size()) {
      report.fail(which + " begins or ends with white space",
                  "remove it: it counts as part of the key, and every signature will differ");
    } else if (bare.size() < kSecretMin || bare.size() > kSecretMax) {
      report.warn(which + " has an unusual length of " + std::to_string(bare.size()),
                  "compare it with the value that Front shows");
    } else {
      continue;
    }
    sound = false;
  }
  if (sound) {
    report.pass(count == 1 ? name : name + ", " + std::to_string(count) + " active values");
  }
}

}  // namespace

void check_secrets(const sdk::Host& host, const Settings& settings, sdk::Report& report) {
  if (settings.has_signing_key) check_secret(host, kSigningKey, report);
  if (settings.has_rule_secret) check_secret(host, kRuleSecret, report);
}

}  // namespace gantry::frontapp
