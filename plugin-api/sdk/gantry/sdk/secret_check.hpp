#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gantry/sdk/check.hpp"
#include "gantry/sdk/host.hpp"
#include "gantry/sdk/text.hpp"

namespace gantry::sdk {

/// What a check can say of a secret without asking the vendor: no value, a blank one, white space
/// around it, a length outside [size_min, size_max]. `pointer` is its JSON pointer, "/signing_key".
inline void check_secret_values(const Host& host, std::string_view pointer, Report& report,
                                std::size_t size_min = 16, std::size_t size_max = 512) {
  const std::string name(pointer.substr(1));
  const std::uint64_t count = host.secret_count(pointer);
  if (count == 0) {
    report.fail(name + " has no value", "set the variable or file that " + name + " names");
    return;
  }
  bool sound = true;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Secret secret = host.secret(pointer, i);
    const std::string which = count == 1 ? name : name + " value " + std::to_string(i + 1);
    const std::string_view bare = trim(secret.view());
    if (bare.empty()) {
      report.fail(which + " is blank", "put the value that the vendor shows for it");
    } else if (bare.size() != secret.view().size()) {
      report.fail(which + " begins or ends with white space",
                  "remove it: it counts as part of the value, and the vendor will refuse it");
    } else if (bare.size() < size_min || bare.size() > size_max) {
      report.warn(which + " has an unusual length of " + std::to_string(bare.size()),
                  "compare it with the value that the vendor shows");
    } else {
      continue;
    }
    sound = false;
  }
  if (sound) {
    report.pass(count == 1 ? name : name + ", " + std::to_string(count) + " active values");
  }
}

}  // namespace gantry::sdk
