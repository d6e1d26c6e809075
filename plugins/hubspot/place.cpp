#include "place.hpp"

#include <gantry/sdk/cursor.hpp>

namespace gantry::hubspot {
namespace {

using sdk::Json;

// Beyond the year 2262 nanoseconds overflow.
constexpr std::int64_t kTimeMaxMs = 9'223'372'036'000 - 1;

std::int64_t time_in(const Json& json) {
  return json.is_null() ? 0 : sdk::cursor_number(json, kTimeMaxMs);
}

}  // namespace

Places read_places(std::string_view cursor) {
  Places places;
  if (cursor.empty()) return places;
  const Json json = sdk::read_cursor(cursor);
  if (!json["objects"].is_object()) sdk::refuse_cursor();
  places.at = json["at"].text();
  places.searched = json["searched"].truth();
  for (const auto& [name, from] : json["objects"].members()) {
    Place& to = places.objects[name];
    to.in_round = from["in_round"].truth();
    to.from_ms = time_in(from["from"]);
    to.seen_ms = time_in(from["seen"]);
    to.inside_id = from["inside_id"].text();
    to.archived_at_ms = time_in(from["archived_at"]);
    to.archived_since_ms = time_in(from["archived_since"]);
    to.in_archived = from["in_archived"].truth();
    to.archived_after = from["archived_after"].text();
    to.archived_last = from["archived_last"].text();
  }
  return places;
}

std::string write_places(const Places& places) {
  Json objects = Json::object();
  for (const auto& [name, place] : places.objects) {
    Json to = Json::object();
    to.set("in_round", place.in_round);
    to.set("from", place.from_ms);
    to.set("seen", place.seen_ms);
    to.set_if("inside_id", place.inside_id);
    to.set("archived_at", place.archived_at_ms);
    to.set("archived_since", place.archived_since_ms);
    to.set("in_archived", place.in_archived);
    to.set_if("archived_after", place.archived_after);
    to.set_if("archived_last", place.archived_last);
    objects.set(name, std::move(to));
  }
  Json json = sdk::new_cursor();
  json.set_if("at", places.at);
  if (places.searched) json.set("searched", true);
  json.set("objects", std::move(objects));
  return json.dump();
}

}  // namespace gantry::hubspot
