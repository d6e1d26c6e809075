#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>

namespace gantry::hubspot {

/// What happened, from subscriptionType: "deal.propertyChange" is {"deal", "propertyChange"}. The
/// generic "object.*" takes its object from objectTypeId.
struct EventType {
  std::string object;
  std::string what;
};
EventType type_of(const sdk::Json& event);

/// What makes an event that event: eventId is not unique, attemptNumber changes with each try.
std::string key_of(const sdk::Json& event);

/// The same for each redelivery; empty for a body that is no array of events.
std::string delivery_id_of(const sdk::Host& host, std::string_view body);

}  // namespace gantry::hubspot
