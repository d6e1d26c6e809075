#include "cursor.hpp"

#include <gantry/sdk/cursor.hpp>

namespace gantry::plaid {
namespace {

using sdk::Json;

// Plaid: a cursor is at most 256 characters. More leaves no room for 64 of them.
constexpr std::size_t kCursorMax = 400;

std::string read_cursor(const Json& value) {
  if (!value.is_string() || value.text().size() > kCursorMax) sdk::refuse_cursor();
  return std::string(value.text());
}

}  // namespace

Places::Places(std::string_view text) {
  if (text.empty()) return;
  const Json json = sdk::read_cursor(text);
  if (!json["items"].is_object()) sdk::refuse_cursor();
  for (const auto& [id, value] : json["items"].members()) {
    Place place;
    place.cursor = read_cursor(value["cursor"]);
    if (!value["loop_start"].is_null()) place.loop_start = read_cursor(value["loop_start"]);
    if (const auto rounds = value["failed_rounds"].text(); rounds.size() == 1) {
      place.failed_rounds = rounds[0] >= '0' && rounds[0] <= '9' ? rounds[0] - '0' : 0;
    }
    places_[id] = std::move(place);
  }
}

std::string Places::text(const Settings& settings) const {
  Json items = Json::object();
  for (const Item& item : settings.items) {
    const auto found = places_.find(item.id);
    if (found == places_.end() || found->second == Place{}) continue;
    Json value = Json::object();
    value.set("cursor", found->second.cursor);
    if (found->second.loop_start) value.set("loop_start", *found->second.loop_start);
    if (found->second.failed_rounds > 0) {
      value.set("failed_rounds", std::int64_t{found->second.failed_rounds});
    }
    items.set(item.id, std::move(value));
  }
  Json json = sdk::new_cursor();
  json.set("items", std::move(items));
  return json.dump();
}

}  // namespace gantry::plaid
