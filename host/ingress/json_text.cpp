#include "host/ingress/json_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::ingress {

std::string json_string(std::string_view text) {
  // Most ids are plain: no JSON value is built for those.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  if (plain) return '"' + std::string(text) + '"';
  return dump_json(Json(text));
}

std::string error_body(std::string_view kind, std::string_view message) {
  return R"({"error":{"kind":)" + json_string(kind) + R"(,"message":)" + json_string(message) +
         "}}";
}

}  // namespace gantry::ingress
