#include "cursor.hpp"

#include <gantry/sdk/cursor.hpp>
#include <gantry/sdk/time.hpp>

namespace gantry::quickbooks {
namespace {

using sdk::Json;

/// A time that we wrote, or nothing.
std::string read_time(const Json& value) {
  if (value.is_null()) return {};
  const auto time = sdk::read_timestamp(value.text());
  if (!value.is_string() || !time || time->zone != "Z")
    sdk::refuse_cursor("holds a time that is none");
  return std::string(value.text());
}

std::int64_t read_position(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 15) sdk::refuse_cursor("holds a position that is none");
  for (const char c : text) {
    if (c < '0' || c > '9') sdk::refuse_cursor("holds a position that is none");
    value = value * 10 + (c - '0');
  }
  return value;
}

Work read_work(const Json& json) {
  if (!json.is_object() || !json["entities"].is_array()) sdk::refuse_cursor();
  Work work;
  work.full = json["full"].truth();
  work.until = read_time(json["until"]);
  for (const Json& entity : json["entities"].items()) {
    if (!entity.is_string() || entity.text().empty()) sdk::refuse_cursor();
    work.entities.emplace_back(entity.text());
  }
  work.querying = json["querying"].truth();
  work.from = read_time(json["from"]);
  work.position = read_position(json["position"].text());
  return work;
}

}  // namespace

Cursor Cursor::read(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const Json json = sdk::read_cursor(text);
  cursor.since = read_time(json["since"]);
  if (!json["work"].is_null()) cursor.work = read_work(json["work"]);
  return cursor;
}

std::string Cursor::text() const {
  Json json = sdk::new_cursor();
  json.set_if("since", since);
  if (work) {
    Json out = Json::object();
    if (work->full) out.set("full", true);
    out.set_if("until", work->until);
    Json entities = Json::array();
    for (const std::string& entity : work->entities) entities.push(entity);
    out.set("entities", std::move(entities));
    if (work->querying) out.set("querying", true);
    out.set_if("from", work->from);
    out.set("position", work->position);
    json.set("work", std::move(out));
  }
  return json.dump();
}

}  // namespace gantry::quickbooks
