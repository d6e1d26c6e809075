#pragma once

#include <optional>
#include <string>

#include "host/base/clock.hpp"

namespace gantry::stores {

/// What a store's server says of itself. Asking needs none of our tables and makes none.
struct ServerFacts {
  std::string version;           ///< "PostgreSQL 15.8"
  std::optional<Instant> clock;  ///< The server's time as it answered; none where it tells none.
};

}  // namespace gantry::stores
