#include "cursor.hpp"

#include <gantry/sdk/cursor.hpp>

namespace gantry::sonar {

using sdk::Json;

Cursor Cursor::read(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const Json json = sdk::read_cursor(text);
  if (!json["seen"].is_object() || !json["raised"].is_array()) sdk::refuse_cursor();
  cursor.next = json["next"].text();
  cursor.began_ns = sdk::cursor_number(json["began_ns"]);
  for (const auto& [series, dates] : json["seen"].members()) {
    if (!dates.is_object()) sdk::refuse_cursor();
    for (const auto& [date, value] : dates.members()) cursor.seen[series][date] = value.text();
  }
  for (const Json& name : json["raised"].items()) cursor.raised.emplace(name.text());
  return cursor;
}

std::string Cursor::write() const {
  Json json = sdk::new_cursor();
  json.set_if("next", next);
  json.set("began_ns", began_ns);
  Json all = Json::object();
  for (const auto& [series, dates] : seen) {
    Json values = Json::object();
    for (const auto& [date, value] : dates) values.set(date, value);
    all.set(series, std::move(values));
  }
  json.set("seen", std::move(all));
  Json names = Json::array();
  for (const auto& name : raised) names.push(name);
  json.set("raised", std::move(names));
  return json.dump();
}

}  // namespace gantry::sonar
