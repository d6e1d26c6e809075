#include "cursor.hpp"

#include <charconv>
#include <gantry/sdk/json.hpp>

namespace gantry::turvo {
namespace {

using sdk::Failure;
using sdk::Json;

constexpr std::string_view kVersion = "1";

[[noreturn]] void refuse() {
  throw Failure(sdk::Status::kData, "the cursor is none of this connector's").code("CURSOR");
}

std::int64_t number(const Json& json) {
  const std::string_view text = json.text();
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = stop == text.data() + text.size();
  if (!json.is_number() || error != std::errc{} || !whole || value < 0) refuse();
  return value;
}

Json parse(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Failure&) {
    refuse();
  }
}

Pass read_pass(const Json& json) {
  if (!json.is_object() || json["resource"].text().empty()) refuse();
  Pass pass;
  pass.resource = json["resource"].text();
  pass.start = number(json["start"]);
  pass.began_ns = number(json["began_ns"]);
  pass.top_ns = number(json["top_ns"]);
  pass.unchanged = number(json["unchanged"]);
  pass.newest_first = json["newest_first"].truth();
  for (const Json& id : json["tail"].items()) pass.tail.emplace_back(id.text());
  return pass;
}

}  // namespace

Cursor Cursor::read(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const Json json = parse(text);
  if (json["v"].text() != kVersion || !json["marks"].is_object()) refuse();
  for (const auto& [name, mark] : json["marks"].members()) cursor.marks[name] = number(mark);
  if (!json["pass"].is_null()) cursor.pass = read_pass(json["pass"]);
  return cursor;
}

std::string Cursor::write() const {
  Json json = Json::object();
  json.set("v", Json(Json::Number{std::string(kVersion)}));
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
