#include "position.hpp"

#include <gantry/sdk/cursor.hpp>

namespace gantry::samsara {

using sdk::Json;

Positions read_positions(std::string_view cursor) {
  Positions positions;
  if (cursor.empty()) return positions;
  const Json json = sdk::read_cursor(cursor);
  if (!json["feeds"].is_object()) sdk::refuse_cursor();
  for (const auto& [name, feed] : json["feeds"].members()) {
    Position& to = positions[name];
    to.query = feed["query"].text();
    to.after = feed["after"].text();
    to.start_ns = sdk::cursor_number(feed["start"]);
    to.closed_until_ns = sdk::cursor_number(feed["closed_until"]);
    to.read_until_ns = sdk::cursor_number(feed["read_until"]);
    to.seen_until_ns = sdk::cursor_number(feed["seen_until"]);
    to.not_before_ns = sdk::cursor_number(feed["not_before"]);
    to.handed_start_ns = sdk::cursor_number(feed["handed_start"]);
    to.handed_asset = feed["handed_asset"].text();
  }
  return positions;
}

std::string write_positions(const Positions& positions) {
  Json feeds = Json::object();
  for (const auto& [name, position] : positions) {
    Json feed = Json::object();
    feed.set("query", position.query);
    feed.set("after", position.after);
    feed.set("start", position.start_ns);
    feed.set("closed_until", position.closed_until_ns);
    feed.set("read_until", position.read_until_ns);
    feed.set("seen_until", position.seen_until_ns);
    feed.set("not_before", position.not_before_ns);
    feed.set("handed_start", position.handed_start_ns);
    feed.set("handed_asset", position.handed_asset);
    feeds.set(name, std::move(feed));
  }
  Json json = sdk::new_cursor();
  json.set("feeds", std::move(feeds));
  return json.dump();
}

}  // namespace gantry::samsara
