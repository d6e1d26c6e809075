#pragma once

#include <string>
#include <string_view>

namespace gantry::frontapp {

/// The event's id ("evt_…"), or empty where the body holds none, is no JSON, or the id is too long
/// to be a delivery id. Runs in verify, so it builds nothing but the id; still the whole body is
/// read before the id is believed: a body cut short must not take the place of the good one that
/// Front sends next.
std::string peek_event_id(std::string_view body);

}  // namespace gantry::frontapp
