#pragma once

#include <gantry/sdk/check.hpp>

#include "settings.hpp"

namespace gantry::csv {

/// Looks at what a valid configuration may still get wrong. Touches no file.
void check_settings(const Settings& settings, sdk::Report& report);

}  // namespace gantry::csv
