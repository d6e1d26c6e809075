#pragma once

#include <gantry/sdk/check.hpp>

#include "api.hpp"

namespace gantry::hubspot {

/// Looks at the secrets, then reads one object of each polled type. [blocking]
void check(const sdk::Host& host, const Settings& settings, const Api& api, sdk::Report& report);

}  // namespace gantry::hubspot
