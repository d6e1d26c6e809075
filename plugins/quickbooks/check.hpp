#pragma once

#include <gantry/sdk/check.hpp>

#include "client.hpp"

namespace gantry::quickbooks {

/// Says what is wrong with the secrets and, with the access token that the poller left, with the
/// company. It never refreshes: that would spend the refresh token of the running host. [blocking]
void check(const sdk::Host& host, const Settings& settings, const Client& client,
           const Tokens& tokens, sdk::Report& report);

}  // namespace gantry::quickbooks
