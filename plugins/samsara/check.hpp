#pragma once

#include <gantry/sdk/check.hpp>
#include <gantry/sdk/host.hpp>

#include "settings.hpp"

namespace gantry::samsara {

/// Looks at the secrets, then asks who the token belongs to and whether each feed answers it.
/// [blocking]
void check(const sdk::Host& host, const Settings& settings, sdk::Report& report);

}  // namespace gantry::samsara
