#include "poller.hpp"

#include <algorithm>
#include <gantry/sdk/json_text.hpp>
#include <gantry/sdk/url.hpp>

#include "map.hpp"

namespace gantry::hubspot {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::int64_t kPageMax = 200;
constexpr std::int64_t kArchivedPageMax = 100;
/// An archival may be listed a little later than it happened.
constexpr std::int64_t kArchivedOverlapMs = 3'600'000;

Json filter(std::string_view property, std::string_view op, const std::string& value) {
  Json out = Json::object();
  out.set("propertyName", property);
  out.set("operator", op);
  out.set("value", value);
  return out;
}

}  // namespace

bool Poller::poll(std::string_view cursor, sdk::Sink& sink) const {
  Places before = read_places(cursor);
  Places places;
  for (const auto& name : settings_.objects) {
    const auto known = before.objects.find(name);
    if (known != before.objects.end()) {
      places.objects[name] = known->second;
    } else {
      places.objects[name].seen_ms = settings_.since_ms;
    }
  }
  auto name = std::find(settings_.objects.begin(), settings_.objects.end(), before.at);
  if (name == settings_.objects.end()) {
    name = settings_.objects.begin();
  } else {
    places.searched = before.searched;
  }
  for (; name != settings_.objects.end(); ++name) {
    places.at = *name;
    bool wanted = true;
    if (!places.searched) wanted = poll_type(object_type(*name), places, sink);
    if (wanted) wanted = poll_archived(object_type(*name), places, sink);
    if (!wanted) return true;
    places.searched = false;
  }
  places.at.clear();
  sink.checkpoint(write_places(places));
  return false;
}

std::string Poller::query_of(const ObjectType& type, const Place& place) const {
  Json filters = Json::array();
  Json sort = Json::object();
  if (place.inside_id.empty()) {
    filters.push(filter(type.modified, "GTE", std::to_string(place.from_ms)));
    sort.set("propertyName", type.modified);
  } else {
    filters.push(filter(type.modified, "EQ", std::to_string(place.from_ms)));
    filters.push(filter("hs_object_id", "GT", place.inside_id));
    sort.set("propertyName", "hs_object_id");
  }
  sort.set("direction", "ASCENDING");
  Json group = Json::object();
  group.set("filters", std::move(filters));
  Json groups = Json::array();
  groups.push(std::move(group));
  Json sorts = Json::array();
  sorts.push(std::move(sort));
  Json properties = Json::array();
  for (const auto& property : properties_of(type, settings_)) properties.push(property);
  Json query = Json::object();
  query.set("filterGroups", std::move(groups));
  query.set("sorts", std::move(sorts));
  query.set("properties", std::move(properties));
  query.set("limit", kPageMax);
  query.set("after", "0");
  return query.dump();
}

/// False where the host wants no more.
bool Poller::poll_type(const ObjectType& type, Places& places, sdk::Sink& sink) const {
  Place& place = places.objects[type.name];
  bool wanted = true;
  if (!place.in_round) {
    place.in_round = true;
    place.from_ms = std::max<std::int64_t>(place.seen_ms - settings_.overlap.count(), 0);
    place.inside_id.clear();
  }
  while (place.in_round && wanted) {
    sink.call().throw_if_cancelled();
    const Api::Answer page = api_.search(sink.call(), type, query_of(type, place));
    const Taken taken = hand_over(type, page, nullptr, sink);
    // A modification in the future must not carry the bookmark there.
    place.seen_ms = std::max(place.seen_ms, std::min(taken.newest_ms, host_.now_ns() / 1'000'000));
    const bool more = !taken.all || !page.json["paging"]["next"]["after"].text().empty();
    if (!place.inside_id.empty()) {
      if (more && !taken.last_id.empty()) {
        place.inside_id = taken.last_id;
      } else {
        place.inside_id.clear();
        place.from_ms += 1;
      }
    } else if (!more || page.json["results"].items().empty()) {
      place.in_round = false;
      places.searched = true;
    } else if (taken.newest_ms > place.from_ms) {
      place.from_ms = taken.newest_ms;  // What is older was all in this page.
    } else if (taken.newest_ms == place.from_ms) {
      place.inside_id = "0";
    } else {
      throw Failure(Status::kTransient, "HubSpot: search " + type.name + ": results without " +
                                            std::string(type.modified));
    }
    sink.call().progress();
    wanted = sink.checkpoint(write_places(places)) && taken.wanted;
  }
  return wanted;
}

/// Search leaves archived objects out; the list has them. False where the host wants no more.
bool Poller::poll_archived(const ObjectType& type, Places& places, sdk::Sink& sink) const {
  Place& place = places.objects[type.name];
  const std::int64_t pause = settings_.archived_pause.count();
  const std::int64_t now_ms = host_.now_ns() / 1'000'000;
  if (!place.in_archived) {
    const bool rests = place.archived_at_ms != 0 && now_ms < place.archived_at_ms + pause;
    if (pause == 0 || rests) return true;
    place.in_archived = true;
    place.archived_since_ms =
        std::max<std::int64_t>(place.archived_at_ms - kArchivedOverlapMs, settings_.since_ms);
    place.archived_at_ms = now_ms;
    place.archived_after.clear();
    place.archived_last.clear();
  }
  std::string properties;
  for (const auto& property : properties_of(type, settings_)) {
    properties += (properties.empty() ? "" : ",") + property;
  }
  bool wanted = true;
  while (place.in_archived && wanted) {
    sink.call().throw_if_cancelled();
    const std::string path = sdk::with_query("/crm/v3/objects/" + type.name,
                                             {{"archived", "true"},
                                              {"limit", std::to_string(kArchivedPageMax)},
                                              {"after", place.archived_after},
                                              {"properties", properties}});
    const Api::Answer page = api_.call(sink.call(), "list archived " + type.name, path);
    const Taken taken = hand_over(type, page, &place, sink);
    const std::string next(page.json["paging"]["next"]["after"].text());
    if (taken.all) {
      place.in_archived = !next.empty() && next != place.archived_after;
      place.archived_after = place.in_archived ? next : std::string();
      place.archived_last.clear();
    } else {
      place.archived_last = taken.last_id;
    }
    sink.call().progress();
    wanted = sink.checkpoint(write_places(places)) && taken.wanted;
  }
  return wanted;
}

/// Up to the host's stop. Of a page of archived objects those before archived_since_ms, and those
/// up to archived_last, were told before.
Poller::Taken Poller::hand_over(const ObjectType& type, const Api::Answer& page,
                                const Place* archived, sdk::Sink& sink) const {
  const auto& objects = page.json["results"].items();
  const auto texts = sdk::element_texts(sdk::member_text(page.text, "results"));
  Taken taken;
  std::size_t i = 0;
  if (archived != nullptr && !archived->archived_last.empty()) {
    const auto last = std::find_if(objects.begin(), objects.end(), [&](const Json& object) {
      return object["id"].text() == archived->archived_last;
    });
    if (last != objects.end()) i = static_cast<std::size_t>(last - objects.begin()) + 1;
  }
  for (; i < objects.size() && i < texts.size(); ++i) {
    if (!taken.wanted) {
      taken.all = false;
      break;
    }
    const Json& object = objects[i];
    if (const auto id = object["id"].text(); !id.empty()) taken.last_id = id;
    if (archived != nullptr) {
      const std::int64_t at = time_of(object["archivedAt"]);
      if (at != GANTRY_TIME_UNKNOWN && at / 1'000'000 < archived->archived_since_ms) continue;
    }
    if (const auto ms = modified_ms(type, object)) {
      taken.newest_ms = std::max(taken.newest_ms, *ms);
    }
    try {
      taken.wanted = sink.emit(map_object(type, object, texts[i]));
    } catch (const Failure& failure) {
      if (failure.status() != Status::kData) throw;
      taken.wanted = sink.reject(texts[i], failure);
    }
  }
  return taken;
}

}  // namespace gantry::hubspot
