#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "gantry/sdk/failure.hpp"
#include "gantry/sdk/json.hpp"

/// A cursor that is a JSON object with the version 1: {"v":1, …}. The host keeps the text and gives
/// it back unchanged; what it was kept by, an older connector or a hand, is not known, so
/// everything in it is checked.
namespace gantry::sdk {

/// Ends the call: `what` follows "the stored cursor". The host holds the source until somebody
/// acts.
[[noreturn]] inline void refuse_cursor(std::string_view what = "is not one of this plugin") {
  throw Failure(Status::kData, "the stored cursor " + std::string(what) +
                                   "; reset the source to read everything again")
      .code("CURSOR");
}

inline Json new_cursor() {
  Json json = Json::object();
  json.set("v", std::int64_t{1});
  return json;
}

/// Of a cursor that is not empty (an empty one begins from the beginning).
inline Json read_cursor(std::string_view text) {
  Json json = Json::parse_or_null(text);
  if (!json.is_object()) refuse_cursor();
  if (!json["v"].is_number() || json["v"].text() != "1") {
    refuse_cursor("has a version that this plugin does not know");
  }
  return json;
}

/// A whole number from 0 to `max`.
inline std::int64_t cursor_number(const Json& json,
                                  std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
  std::int64_t value = 0;
  const std::string_view text = json.text();
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  const bool whole = json.is_number() && error == std::errc{} && stop == end;
  if (!whole || value < 0 || value > max) refuse_cursor("holds a number that is none");
  return value;
}

}  // namespace gantry::sdk
