#pragma once

#include <gantry/sdk/check.hpp>

#include "client.hpp"

namespace gantry::plaid {

/// Asks Plaid for every item (/item/get) and says what is wrong with it. [blocking]
void check(const sdk::Host& host, const Settings& settings, const Client& client,
           sdk::Report& report);

}  // namespace gantry::plaid
