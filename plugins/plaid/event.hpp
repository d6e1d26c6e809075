#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <optional>
#include <string_view>

#include "settings.hpp"

namespace gantry::plaid {

/// A webhook as a record of kind "bank_item_event", or nothing where it only says that transactions
/// wait: the poller brings those. Throws Failure(kData) for what is no webhook of Plaid's.
std::optional<sdk::Record> map_event(const sdk::Host& host, const Settings& settings,
                                     std::string_view body, std::string_view key,
                                     std::int64_t received_at_ns);

}  // namespace gantry::plaid
