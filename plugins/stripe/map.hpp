#pragma once

#include <gantry/sdk/record.hpp>
#include <string_view>
#include <vector>

#include "settings.hpp"

namespace gantry::stripe {

/// The records of one event: the object it is about in its state of that moment, and the event.
/// Throws Failure(kData) where the body is no JSON or no event. Records borrow `body` as raw.
std::vector<sdk::Record> map_event(const Settings& settings, std::string_view body);

}  // namespace gantry::stripe
