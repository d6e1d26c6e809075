#pragma once

#include <gantry/sdk/record.hpp>
#include <string_view>
#include <vector>

#include "event.hpp"

namespace gantry::frontapp {

/// Turns an event into its records: one, or two where a deleted conversation's event names a
/// message. `raw` is the webhook's body and is borrowed; `fallback_key` names a record whose event
/// has no id.
std::vector<sdk::Record> map_event(const Envelope& envelope, std::string_view raw,
                                   std::string_view fallback_key);

}  // namespace gantry::frontapp
