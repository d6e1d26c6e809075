#include "cursor.hpp"

#include <charconv>
#include <gantry/sdk/json.hpp>

namespace gantry::sonar {
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

}  // namespace

Cursor Cursor::read(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const Json json = parse(text);
  if (json["v"].text() != kVersion || !json["seen"].is_object() || !json["raised"].is_array()) {
    refuse();
  }
  cursor.next = json["next"].text();
  cursor.began_ns = number(json["began_ns"]);
  for (const auto& [series, dates] : json["seen"].members()) {
    if (!dates.is_object()) refuse();
    for (const auto& [date, value] : dates.members()) cursor.seen[series][date] = value.text();
  }
  for (const Json& name : json["raised"].items()) cursor.raised.emplace(name.text());
  return cursor;
}

std::string Cursor::write() const {
  Json json = Json::object();
  json.set("v", Json(Json::Number{std::string(kVersion)}));
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
