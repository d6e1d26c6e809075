#include "position.hpp"

#include <charconv>
#include <gantry/sdk/json.hpp>

namespace gantry::samsara {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

[[noreturn]] void refuse() {
  throw Failure(Status::kData, "the cursor is none of this connector's: start the source anew")
      .code("CURSOR");
}

std::int64_t time_in(const Json& json) {
  std::int64_t value = 0;
  const auto text = json.text();
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(end - text.size(), end, value);
  if (!json.is_number() || error != std::errc{} || stop != end || value < 0) refuse();
  return value;
}

}  // namespace

Positions read_positions(std::string_view cursor) {
  Positions positions;
  if (cursor.empty()) return positions;
  const Json json = [&] {
    try {
      return Json::parse(cursor);
    } catch (const Failure&) {
      refuse();
    }
  }();
  if (json["v"].text() != "1" || !json["feeds"].is_object()) refuse();
  for (const auto& [name, feed] : json["feeds"].members()) {
    Position& to = positions[name];
    to.query = feed["query"].text();
    to.after = feed["after"].text();
    to.start_ns = time_in(feed["start"]);
    to.closed_until_ns = time_in(feed["closed_until"]);
    to.read_until_ns = time_in(feed["read_until"]);
    to.seen_until_ns = time_in(feed["seen_until"]);
    to.not_before_ns = time_in(feed["not_before"]);
    to.handed_start_ns = time_in(feed["handed_start"]);
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
  Json json = Json::object();
  json.set("v", std::int64_t{1});
  json.set("feeds", std::move(feeds));
  return json.dump();
}

}  // namespace gantry::samsara
