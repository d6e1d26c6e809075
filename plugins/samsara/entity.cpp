#include "entity.hpp"

#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/time.hpp>

#include "words.hpp"

namespace gantry::samsara {
namespace {

using sdk::Json;
using sdk::Record;

constexpr std::size_t kKeyMax = 512;

std::int64_t first_time(const Json& data, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const std::int64_t time = time_of(data[name]);
    if (time != GANTRY_TIME_UNKNOWN) return time;
  }
  return GANTRY_TIME_UNKNOWN;
}

/// Vehicle*, Driver* and Address* events are about a thing that lives on: its document is updated.
const Json& thing_of(const Facts& facts, const Json& data) noexcept {
  static const Json kNone;
  const bool is_thing =
      facts.kind == "vehicle" || facts.kind == "driver" || facts.kind == "address";
  return is_thing ? data[facts.kind] : kNone;
}

std::string key_of(const Facts& facts, const Json& data, std::string_view fallback_key) {
  const auto fits = [](std::string_view key) { return !key.empty() && key.size() <= kKeyMax; };
  if (const auto id = thing_of(facts, data)["id"].text(); fits(id)) return std::string(id);
  if (fits(facts.id)) return facts.id;
  for (const auto* name : {"id", "uuid", "eventId", "incidentUrl"}) {
    if (fits(data[name].text())) return std::string(data[name].text());
  }
  const auto asset = data["asset"]["id"].text();
  const auto trip = data["tripStartTime"].text();
  std::string of_trip = std::string(asset) + ':' + std::string(trip);
  if (!asset.empty() && !trip.empty() && fits(of_trip)) return of_trip;
  return std::string(fallback_key);
}

void add_participants(const Json& holder, Json& all) {
  const auto add = [&](std::string_view role, const Json& who) {
    Json one = participant(role, who);
    if (one.is_null()) return;
    for (const Json& known : all.items()) {
      const bool same = known["role"].text() == role &&
                        known["external_id"].text() == one["external_id"].text() &&
                        known["name"].text() == one["name"].text();
      if (same) return;
    }
    all.push(std::move(one));
  };
  for (const auto* role : {"driver", "vehicle", "asset", "trailer"}) add(role, holder[role]);
  for (const Json& driver : holder["drivers"].items()) add("driver", driver);
  add("vehicle", holder["device"]);
}

/// An alert names its driver and vehicle in the details of its conditions, one object per trigger.
Json participants_of(const Json& data) {
  Json all = Json::array();
  add_participants(data, all);
  for (const Json& condition : data["conditions"].items()) {
    for (const auto& detail : condition["details"].members()) add_participants(detail.value, all);
  }
  return all;
}

const Json& stop_of(const Json& data) noexcept {
  static const Json kNone;
  const auto id = data["routeStopDetails"]["id"].text();
  for (const Json& stop : data["route"]["stops"].items()) {
    if (!id.empty() && stop["id"].text() == id) return stop;
  }
  return kNone;
}

/// "loadId: LD-88231": external ids are where a load's number rides.
Json references_of(const Json& data) {
  Json all = Json::array();
  const auto take = [&](const Json& ids) {
    for (const auto& [name, value] : ids.members()) {
      if (!value.text().empty()) all.push(name + ": " + std::string(value.text()));
    }
  };
  for (const auto* holder : {"route", "routeStopDetails", "vehicle", "asset", "driver"}) {
    take(data[holder]["externalIds"]);
  }
  take(data["externalIds"]);
  return all;
}

std::string state_words(std::string_view type, std::string_view state) {
  if (type == "RouteStopArrival") return "Arrived";
  if (type == "RouteStopDeparture") return "Departed";
  if (type == "RouteStopEtaUpdated") return "ETA updated";
  if (type == "RouteStopEarlyLateArrival") return "Arrival early or late";
  if (type == "RouteStopResequence") return "Stops resequenced";
  if (!type.empty()) return words_of(type);
  return state.empty() ? "Route event" : words_of(state);
}

void append(std::string& text, std::string_view part, std::string_view before = "; ") {
  if (part.empty()) return;
  if (!text.empty()) text += before;
  text += part;
}

void describe_route(const Facts& facts, const Json& data, Record& record) {
  const Json& details = data["routeStopDetails"];
  std::string head = state_words(facts.type, details["state"].text());
  append(head, stop_of(data)["name"].text(), ": ");
  record.title = head;
  append(record.title, data["route"]["name"].text(), ", route ");
  record.text = record.title;
  const std::pair<std::string_view, std::string_view> times[] = {
      {"enRouteTime", "en route since "},
      {"eta", "ETA "},
      {"actualArrivalTime", "arrived "},
      {"actualDepartureTime", "departed "},
      {"scheduledArrivalTime", "scheduled for "}};
  for (const auto& [name, words] : times) {
    if (const auto time = details[name].text(); !time.empty()) {
      append(record.text, std::string(words) + std::string(time));
    }
  }
  append(record.text, stop_of(data)["singleUseLocation"]["address"].text());
}

void describe(const Facts& facts, const Json& data, Record& record) {
  record.title = facts.type.empty() ? words_of(facts.kind) : words_of(facts.type);
  for (char& c : record.title) c = c == '_' ? ' ' : c;
  const Json& thing = thing_of(facts, data);
  for (const auto* name : {"summary", "alertConditionDescription", "title", "name"}) {
    const Json& from = data[name].text().empty() ? thing : data;
    if (from[name].text().empty()) continue;
    append(record.title, from[name].text(), ": ");
    break;
  }
  record.text = record.title;
  for (const Json& condition : data["conditions"].items()) {
    append(record.text, condition["description"].text());
  }
  for (const auto* name : {"details", "text", "description", "notes"}) {
    append(record.text, data[name].text());
  }
  for (const auto* name : {"licensePlate", "vehicleVin", "vin", "formattedAddress"}) {
    append(record.text, thing[name].text());
  }
  if (data["isResolved"].truth() || data["resolved"].truth()) append(record.text, "resolved");
}

void add_people_and_references(const Json& participants, const Json& references, Record& record) {
  for (const Json& who : participants.items()) {
    const auto name = who["name"].text().empty() ? who["external_id"] : who["name"];
    append(record.text, std::string(who["role"].text()) + ' ' + std::string(name.text()));
  }
  for (const Json& reference : references.items()) append(record.text, reference.text());
}

Json extra_of(const Facts& facts, const Json& data) {
  Json extra = Json::object();
  extra.set_if("envelope", facts.extra);
  Json rest =
      sdk::rest_of(data, {"driver", "vehicle", "asset", "trailer", "route", "routeStopDetails",
                          "incidentUrl", "configurationId", "isResolved", "updatedAtTime"});
  // Only ids and names of these are mapped.
  for (const auto* name : {"driver", "vehicle", "asset", "trailer"}) {
    rest.set_if(name, sdk::rest_of(data[name], {"id", "name"}));
  }
  rest.set_if("route", sdk::rest_of(data["route"], {"id", "name"}));
  rest.set_if("routeStopDetails", sdk::rest_of(data["routeStopDetails"], {"id", "state", "eta"}));
  extra.set_if("data", std::move(rest));
  return extra;
}

Json metadata_of(const Facts& facts, const Json& data, const Json& references) {
  Json metadata = Json::object();
  metadata.set_if("event_id", facts.id);
  metadata.set_if("event_type", facts.type);
  metadata.set_if("organisation_id", facts.organisation);
  metadata.set_if("webhook_id", facts.webhook);
  metadata.set_if("route_id", data["route"]["id"].text());
  metadata.set_if("route_name", data["route"]["name"].text());
  metadata.set_if("stop_id", data["routeStopDetails"]["id"].text());
  metadata.set_if("stop_name", stop_of(data)["name"].text());
  metadata.set_if("stop_state", data["routeStopDetails"]["state"].text());
  metadata.set_if("eta", data["routeStopDetails"]["eta"].text());
  metadata.set_if("incident_url", data["incidentUrl"].text());
  metadata.set_if("configuration_id", data["configurationId"].text());
  metadata.set_if("is_resolved", data["isResolved"]);
  metadata.set_if("updated_at", data["updatedAtTime"].text());
  metadata.set_if("references", references);
  return metadata;
}

}  // namespace

Record map_entity(const Facts& facts, const Json& data, std::string_view raw, std::int64_t now_ns,
                  std::string_view fallback_key) {
  Record record;
  record.kind = facts.kind;
  record.key = key_of(facts, data, fallback_key);
  record.raw = raw;
  record.tombstone = !thing_of(facts, data).is_null() && facts.type.ends_with("Deleted");
  const Json references = references_of(data);
  const Json participants = participants_of(data);
  if (facts.kind == "route_event") {
    describe_route(facts, data, record);
  } else {
    describe(facts, data, record);
  }
  add_people_and_references(participants, references, record);
  record.participants = participants.dump();

  Json metadata = metadata_of(facts, data, references);
  record.occurred_at_ns =
      first_time(data, {"time", "happenedAtTime", "occurredAtTime", "startMs", "tripStartTime",
                        "startTime", "submittedAtTime", "createdAtTime"});
  if (record.occurred_at_ns == GANTRY_TIME_UNKNOWN) record.occurred_at_ns = facts.time_ns;
  // A webhook is ordered by when it was sent, an element of a feed by its last change.
  std::int64_t order = facts.time_ns;
  if (order == GANTRY_TIME_UNKNOWN) order = first_time(data, {"updatedAtTime"});
  if (order == GANTRY_TIME_UNKNOWN) order = record.occurred_at_ns;
  record.version = is_plausible(order, now_ns) ? order : 0;
  if (record.occurred_at_ns != GANTRY_TIME_UNKNOWN) {
    metadata.set("tz", "Z");
    if (!is_plausible(record.occurred_at_ns, now_ns)) metadata.set("time_implausible", true);
  }
  metadata.set_if("extra", extra_of(facts, data));
  record.metadata = metadata.dump();
  return record;
}

}  // namespace gantry::samsara
