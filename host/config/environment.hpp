#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace gantry::config {

/// `.env.temporal`: NAME=VALUE lines, `#` comments, an optional `export`, values bare or in single
/// or double quotes; nothing is expanded.
struct EnvFile {
  std::string path;  ///< Empty where there is none.
  std::map<std::string, std::pair<std::string, int>, std::less<>> values;  ///< Value and line.
};

/// Reads the first `.env.temporal` of the given directories. Lines that are not NAME=VALUE and
/// TEMPORAL_*/GANTRY_* names that no option has are added to `problems`. [blocking]
EnvFile read_env_file(const std::vector<std::string>& directories, std::vector<Problem>& problems);

}  // namespace gantry::config
