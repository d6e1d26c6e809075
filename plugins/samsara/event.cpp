#include "event.hpp"

#include <gantry/sdk/rest.hpp>

#include "words.hpp"

namespace gantry::samsara {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

struct KindRule {
  std::string_view prefix;
  std::string_view kind;
};

/// The first prefix that fits decides. Names of Samsara's OpenAPI, webhooks section.
constexpr KindRule kRules[] = {
    {"RouteStop", "route_event"},
    {"Route", "route_event"},
    {"SevereSpeeding", "safety_event"},
    {"SpeedingEvent", "safety_event"},
    {"SafetyEvent", "safety_event"},
    {"Alert", "alert"},
    {"EngineFault", "alert"},
    {"GatewayUnplugged", "alert"},
    {"Geofence", "alert"},
    {"PredictiveMaintenance", "alert"},
    {"SuddenFuelLevel", "alert"},
    {"Dvir", "dvir"},
    {"MissingDvir", "dvir"},
    {"Hos", "hos"},
    {"DocumentSubmitted", "document"},
    {"Form", "form"},
    {"Issue", "issue"},
    {"Address", "address"},
    {"Driver", "driver"},
    {"Vehicle", "vehicle"},
};

std::string_view kind_of(std::string_view type) noexcept {
  for (const auto& rule : kRules) {
    if (type.starts_with(rule.prefix)) return rule.kind;
  }
  return "event";
}

/// Kafka's "routeStopArrival" is the webhook's "RouteStopArrival".
std::string with_capital(std::string_view type) {
  std::string out(type);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

const Json& unwrap(const Json& body) noexcept {
  const Json& inner = body["data"];
  const bool wrapped = body["eventType"].text().empty() && !body["entityType"].text().empty() &&
                       !inner["eventType"].text().empty();
  return wrapped ? inner : body;
}

}  // namespace

Event read_event(std::string_view text) {
  const Json body = Json::parse(text);
  const Json& event = unwrap(body);
  if (!event.is_object()) throw Failure(Status::kData, "the body is no JSON object");
  const auto type = event["eventType"].text();
  if (type.empty()) throw Failure(Status::kData, "the body holds no event: it has no eventType");
  Event out;
  out.facts.type = with_capital(type);
  out.facts.kind = kind_of(out.facts.type);
  out.facts.id = event["eventId"].text();
  out.facts.organisation = event["orgId"].text();
  out.facts.webhook = event["webhookId"].text();
  out.facts.time_ns = time_of(event["eventTime"].is_null() ? event["eventMs"] : event["eventTime"]);
  out.is_ping = out.facts.type == "Ping";
  out.data = event["data"].is_null() ? event["event"] : event["data"];
  out.facts.extra = sdk::rest_of(event, {"eventId", "eventTime", "eventMs", "eventType", "orgId",
                                         "webhookId", "data", "event"});
  if (!out.data.is_object() && !out.data.is_null()) {
    throw Failure(Status::kData, "data is no JSON object");
  }
  return out;
}

std::string event_id_of(std::string_view body) {
  try {
    const Json json = Json::parse(body);
    return std::string(unwrap(json)["eventId"].text());
  } catch (const Failure&) {
    return {};  // Signed but unreadable: accepted under its hash, and parse says what is wrong.
  }
}

}  // namespace gantry::samsara
