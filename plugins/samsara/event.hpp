#pragma once

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "entity.hpp"

namespace gantry::samsara {

/// A webhook's body, taken apart. Three forms: Webhooks 2.0 {eventId, eventTime, eventType, data},
/// Webhooks 1.0 {eventId, eventMs, eventType, event}, and what the Kafka connector produces, where
/// a relay posts it: {entityType, data: <2.0>} or 2.0 with types that begin small.
struct Event {
  Facts facts;
  sdk::Json data;
  bool is_ping = false;  ///< Samsara tests the address; nothing happened.
};

/// Throws Failure(kData) where the body is not JSON or holds no event.
Event read_event(std::string_view body);

/// The event's id without judging the rest; empty where there is none.
std::string event_id_of(std::string_view body);

}  // namespace gantry::samsara
