#include "events.hpp"

#include <algorithm>
#include <gantry/sdk/json_text.hpp>

#include "entities.hpp"

namespace gantry::quickbooks {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

/// CloudEvents speak in the past: "updated" is Update.
std::string operation_of(std::string_view verb) {
  std::string word = path_of(verb);
  for (const auto& [past, present] : {std::pair{"created", "create"},
                                      {"updated", "update"},
                                      {"deleted", "delete"},
                                      {"merged", "merge"},
                                      {"voided", "void"}}) {
    if (word == past) word = present;
  }
  return word;
}

void take_legacy(std::string_view body, std::vector<Event>& events) {
  const auto notifications = sdk::element_texts(sdk::member_text(body, "eventNotifications"));
  for (const std::string_view notification : notifications) {
    const std::string realm(Json::parse(notification)["realmId"].text());
    const std::string_view change = sdk::member_text(notification, "dataChangeEvent");
    for (const std::string_view raw : sdk::element_texts(sdk::member_text(change, "entities"))) {
      const Json json = Json::parse(raw);
      Event event;
      event.realm_id = realm;
      event.entity = json["name"].text();
      event.id = json["id"].text();
      event.operation = operation_of(json["operation"].text());
      event.deleted_id = json["deletedId"].text();
      event.at = json["lastUpdated"].text();
      event.dedupe_key =
          realm + ':' + event.entity + ':' + event.id + ':' + event.operation + ':' + event.at;
      event.raw = raw;
      events.push_back(std::move(event));
    }
  }
}

void take_cloud(std::string_view raw, std::vector<Event>& events) {
  const Json json = Json::parse(raw);
  const std::string_view type = json["type"].text();
  // "qbo.invoice.updated.v1"
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= type.size();) {
    const std::size_t dot = std::min(type.find('.', at), type.size());
    parts.push_back(type.substr(at, dot - at));
    at = dot + 1;
  }
  if (parts.size() < 3) throw Failure(Status::kData, "an event without a type of QuickBooks'");
  Event event;
  event.realm_id = json["intuitaccountid"].text();
  event.entity = parts[1];
  event.id = json["intuitentityid"].text();
  event.operation = operation_of(parts[2]);
  event.deleted_id = json["data"]["deletedId"].text();
  event.at = json["time"].text();
  event.dedupe_key = json["id"].text();
  if (event.dedupe_key.empty()) {
    event.dedupe_key = event.realm_id + ':' + event.entity + ':' + event.id + ':' +
                       event.operation + ':' + event.at;
  }
  event.raw = raw;
  events.push_back(std::move(event));
}

}  // namespace

std::vector<Event> read_events(std::string_view body) {
  const Json json = Json::parse(body);
  std::vector<Event> events;
  if (json.is_array()) {
    for (const std::string_view raw : sdk::element_texts(body)) take_cloud(raw, events);
  } else if (json["eventNotifications"].is_array()) {
    take_legacy(body, events);
  } else if (!json["specversion"].text().empty()) {
    take_cloud(body, events);  // One event that is not in a list.
  } else {
    throw Failure(Status::kData,
                  "no webhook of QuickBooks': neither eventNotifications nor events");
  }
  return events;
}

}  // namespace gantry::quickbooks
