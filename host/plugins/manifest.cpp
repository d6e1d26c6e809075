#include "host/plugins/manifest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::plugins {
namespace {

constexpr std::size_t kManifestMax = 1U << 20U;
constexpr std::size_t kIdMax = 64;
constexpr std::size_t kVersionMax = 64;

Refused invalid(const std::string& reason) {
  return {RefusalKind::kManifestInvalid, "its manifest " + reason,
          "ask the plugin's author for a corrected build"};
}

bool is_id(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= kIdMax &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool read_names(const Json& object, const char* key, std::vector<std::string>& out) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return false;
  for (const Json& entry : *found) {
    if (!entry.is_string()) return false;
    out.push_back(entry.get<std::string>());
  }
  return true;
}

}  // namespace

bool Manifest::has(std::string_view capability) const noexcept {
  return std::ranges::find(capabilities, capability) != capabilities.end();
}

Checked<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > kManifestMax) return invalid("is larger than 1 MiB");
  const auto json = parse_json(text);
  if (!json) return invalid("is not JSON (" + json.error().what + ")");
  if (!json->is_object()) return invalid("is not a JSON object");

  Manifest manifest;
  const auto id = json->find("id");
  if (id == json->end() || !id->is_string() || !is_id(id->get_ref<const std::string&>())) {
    return invalid("lacks \"id\", a string [a-z0-9_.-]{1,64}");
  }
  manifest.id = id->get<std::string>();
  const auto version = json->find("version");
  if (version == json->end() || !version->is_string() ||
      version->get_ref<const std::string&>().empty() ||
      version->get_ref<const std::string&>().size() > kVersionMax) {
    return invalid("lacks \"version\", a string of 1 to 64 bytes");
  }
  manifest.version = version->get<std::string>();
  if (const auto found = json->find("description"); found != json->end() && found->is_string()) {
    manifest.description = found->get<std::string>();
  }
  if (!read_names(*json, "capabilities", manifest.capabilities)) {
    return invalid("lacks \"capabilities\", an array of strings");
  }
  if (!read_names(*json, "services", manifest.services)) {
    return invalid("lacks \"services\", an array of strings");
  }
  const auto schema = json->find("config_schema");
  if (schema == json->end() || !schema->is_object()) {
    return invalid("lacks \"config_schema\", a JSON Schema object");
  }
  // Its fields as they are written: where none is marked, the first secret is the main one.
  manifest.config_schema = nlohmann::ordered_json::parse(text)["config_schema"].dump();
  return manifest;
}

}  // namespace gantry::plugins
