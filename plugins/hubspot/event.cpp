#include "event.hpp"

#include <gantry/sdk/text.hpp>

namespace gantry::hubspot {

using sdk::Json;

EventType type_of(const Json& event) {
  const auto type = event["subscriptionType"].text();
  const auto dot = type.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == type.size()) return {};
  EventType out{std::string(type.substr(0, dot)), std::string(type.substr(dot + 1))};
  if (out.object == "object" && !event["objectTypeId"].text().empty()) {
    out.object = event["objectTypeId"].text();
  }
  return out;
}

std::string key_of(const Json& event) {
  std::string key;
  for (const auto* name :
       {"portalId", "subscriptionId", "eventId", "objectId", "occurredAt", "propertyName"}) {
    if (!key.empty() || name != std::string_view("portalId")) key += ':';
    key += event[name].text();
  }
  // An association has two objects and no objectId.
  for (const auto* name : {"associationType", "fromObjectId", "toObjectId"}) {
    if (!event[name].text().empty()) key += ':' + std::string(event[name].text());
  }
  return key;
}

std::string delivery_id_of(const sdk::Host& host, std::string_view body) {
  try {
    const Json events = Json::parse(body);
    if (events.items().empty()) return {};
    std::string keys;
    for (const Json& event : events.items()) {
      if (!event.is_object()) return {};
      keys += key_of(event) + '\n';
    }
    return sdk::to_hex(host.digest(sdk::Hash::kSha256, {keys}).view());
  } catch (const sdk::Failure& failure) {
    if (failure.status() != sdk::Status::kData) throw;
    return {};
  }
}

}  // namespace gantry::hubspot
