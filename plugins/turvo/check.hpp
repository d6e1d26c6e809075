#pragma once

#include <gantry/sdk/check.hpp>
#include <gantry/sdk/host.hpp>

#include "api.hpp"
#include "settings.hpp"

namespace gantry::turvo {

/// Says what is wrong with secrets, login and reach. Asks Turvo for one row of the first list; the
/// login goes through the token cache, so a check never shortens an account's patience. [blocking]
void check(const sdk::Host& host, const Settings& settings, const Api& api, sdk::Report& report);

}  // namespace gantry::turvo
