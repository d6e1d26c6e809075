#include "host/base/json.hpp"

#include <nlohmann/json.hpp>

namespace gantry {
namespace {

constexpr int kDepthMax = 128;

}  // namespace

Result<Json> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto limit = [&too_deep](int depth, Json::parse_event_t, Json&) {
    if (depth > kDepthMax) too_deep = true;
    return !too_deep;
  };
  try {
    Json value = Json::parse(text, limit);
    if (too_deep) {
      return Error{ErrorKind::kInvalid, "JSON nested deeper than 128 levels"};
    }
    return value;
  } catch (const Json::parse_error& problem) {
    // The library's own message quotes the input, which may be a payload: keep only the place.
    return Error{ErrorKind::kInvalid, "malformed JSON at byte " + std::to_string(problem.byte)};
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> text_at(const Json& object, std::string_view key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number() || found->is_boolean()) return found->dump();
  return std::nullopt;
}

}  // namespace gantry
