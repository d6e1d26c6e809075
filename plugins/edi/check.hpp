#pragma once

#include <gantry/sdk/check.hpp>
#include <gantry/sdk/host.hpp>

#include "settings.hpp"

namespace gantry::edi {

/// Looks at the configured ids and at the counter of our control numbers. No network, no change.
void check_settings(const sdk::Host& host, const Settings& settings, sdk::Report& report);

}  // namespace gantry::edi
