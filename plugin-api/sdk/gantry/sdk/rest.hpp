#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "gantry/sdk/json.hpp"

namespace gantry::sdk {

/// What a vendor sends beside the fields that a record has a place for: `object` without the
/// members `placed`, nulls and empty texts. Nothing is lost that a later version might map.
inline Json rest_of(const Json& object, std::initializer_list<std::string_view> placed) {
  Json rest = Json::object();
  for (const auto& [key, value] : object.members()) {
    const bool has_place = std::find(placed.begin(), placed.end(), key) != placed.end();
    if (!has_place) rest.set_if(key, value);
  }
  return rest;
}

/// The first that is not empty.
inline std::string_view first_text(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace gantry::sdk
