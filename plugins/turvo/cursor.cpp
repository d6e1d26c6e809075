#include "cursor.hpp"

#include <gantry/sdk/cursor.hpp>

namespace gantry::turvo {
namespace {

using sdk::Json;

Pass read_pass(const Json& json) {
  if (!json.is_object() || json["resource"].text().empty()) sdk::refuse_cursor();
  Pass pass;
  pass.resource = json["resource"].text();
  pass.start = sdk::cursor_number(json["start"]);
  pass.began_ns = sdk::cursor_number(json["began_ns"]);
  pass.top_ns = sdk::cursor_number(json["top_ns"]);
  pass.unchanged = sdk::cursor_number(json["unchanged"]);
  pass.newest_first = json["newest_first"].truth();
  for (const Json& id : json["tail"].items()) pass.tail.emplace_back(id.text());
  return pass;
}

}  // namespace

Cursor Cursor::read(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const Json json = sdk::read_cursor(text);
  if (!json["marks"].is_object()) sdk::refuse_cursor();
  for (const auto& [name, mark] : json["marks"].members())
    cursor.marks[name] = sdk::cursor_number(mark);
  if (!json["pass"].is_null()) cursor.pass = read_pass(json["pass"]);
  return cursor;
}

std::string Cursor::write() const {
  Json json = sdk::new_cursor();
  Json all = Json::object();
  for (const auto& [name, mark] : marks) all.set(name, mark);
  json.set("marks", std::move(all));
  if (pass) {
    Json one = Json::object();
    one.set("resource", pass->resource);
    one.set("start", pass->start);
    one.set("began_ns", pass->began_ns);
    one.set("top_ns", pass->top_ns);
    one.set("unchanged", pass->unchanged);
    one.set("newest_first", pass->newest_first);
    Json tail = Json::array();
    for (const auto& id : pass->tail) tail.push(id);
    one.set("tail", std::move(tail));
    json.set("pass", std::move(one));
  }
  return json.dump();
}

}  // namespace gantry::turvo
