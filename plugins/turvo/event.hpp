#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <gantry/sdk/webhook.hpp>
#include <string>
#include <string_view>

namespace gantry::turvo {

/// What names a webhook's event: no two of its fields alone do, and Turvo sends no event id.
struct EventName {
  std::string tenant, event, entity_id, time;

  /// Hex SHA-256 of "tenant|event|entity|time"; empty where event, entity or time is missing: the
  /// body's own hash must do then.
  std::string delivery_id(const sdk::Host& host) const;
};

/// Reads the names without the rest; all empty where the body is no JSON.
EventName peek_event(std::string_view body);

/// The record of one event: kind shipment_status, keyed by the shipment, where it carries one's
/// status; else kind turvo_event, keyed by the delivery. Throws Failure(kData) where the body is no
/// JSON object. Borrows `body` as raw.
sdk::Record map_event(const sdk::Host& host, std::string_view body);

/// The shipment that an event is about, or empty.
std::string shipment_of(const EventName& name);

}  // namespace gantry::turvo
