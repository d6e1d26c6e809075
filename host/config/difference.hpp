#pragma once

#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace gantry::config {

/// What a reload changes. Ids and keys in order of configuration.
struct Difference {
  std::vector<std::string> added = {};      ///< Sources: new, or enabled now.
  std::vector<std::string> removed = {};    ///< Sources: gone, or disabled now.
  std::vector<std::string> changed = {};    ///< Sources: another file, setting or limit.
  std::vector<std::string> unchanged = {};  ///< Sources, enabled before and after.
  std::vector<std::string> host = {};       ///< Keys of host settings with another value.

  bool operator==(const Difference&) const = default;
};

/// Compares two configurations. Comments and the order of lines do not count; neither do the values
/// behind references to secrets, which nobody resolved here. [any-thread]
Difference compare(const Config& before, const Config& after);

}  // namespace gantry::config
