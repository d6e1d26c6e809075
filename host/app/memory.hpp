#pragma once

#include <filesystem>

#include "host/base/json.hpp"

namespace gantry::app {

/// What a host remembers over its restarts, as JSON in a file of the state folder that is replaced
/// as a whole. [any-thread] [blocking]

/// Null where nothing was ever written.
Json recall(const std::filesystem::path& file);
Result<void> memorise(const std::filesystem::path& file, const Json& memory);

}  // namespace gantry::app
