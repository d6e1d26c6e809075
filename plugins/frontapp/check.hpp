#pragma once

#include <gantry/sdk/check.hpp>
#include <gantry/sdk/host.hpp>

#include "settings.hpp"

namespace gantry::frontapp {

/// Looks at the configured secrets: there, not blank, of a sane length, without pasted blanks.
/// No network; never shows a value.
void check_secrets(const sdk::Host& host, const Settings& settings, sdk::Report& report);

}  // namespace gantry::frontapp
