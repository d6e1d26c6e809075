#include "host/plugins/conformance/sample_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/json.hpp"
#include "host/plugins/config_schema.hpp"

namespace gantry::plugins::conformance {
namespace {

enum class Fields { kRequiredAndSecrets, kRequired, kAll };

constexpr const char* kReference = "env:GANTRY_CHECK_SECRET";
constexpr std::size_t kBranchesMax = 4;
constexpr int kDepthMax = 16;

bool is_secret(const Json& field) {
  if (!field.is_object()) return false;
  const auto mark = field.find("x-gantry-secret");
  return mark != field.end() && *mark != false;
}

/// Makes values for one schema; `branch` picks among anyOf and oneOf.
class Maker {
 public:
  Maker(const Json& root, Fields fields, std::size_t branch)
      : root_(root), fields_(fields), branch_(branch) {}

  Json make(const Json& schema, int depth = 0) const {
    const Json& node = resolve(schema);
    if (!node.is_object() || depth > kDepthMax) return nullptr;
    if (is_secret(node))
      return allows(node, "string") ? Json(kReference) : Json::array({kReference});
    for (const char* key : {"const", "default"}) {
      if (const auto found = node.find(key); found != node.end()) return *found;
    }
    for (const char* key : {"examples", "enum"}) {
      if (const auto found = node.find(key);
          found != node.end() && found->is_array() && !found->empty()) {
        return found->front();
      }
    }
    if (node.contains("properties") || allows_only(node, "object")) return object(node, depth);
    if (allows(node, "string")) return text(node);
    if (allows(node, "integer") || allows(node, "number")) return number(node);
    if (allows(node, "boolean")) return false;
    if (allows(node, "array")) return array(node, depth);
    for (const char* key : {"oneOf", "anyOf", "allOf"}) {
      if (const auto list = node.find(key); list != node.end() && !list->empty()) {
        return make((*list)[branch_ % list->size()], depth + 1);
      }
    }
    return allows(node, "object") ? object(node, depth) : Json(nullptr);
  }

 private:
  const Json& resolve(const Json& schema) const {
    const Json* node = &schema;
    for (int i = 0; i < kDepthMax && node->is_object(); ++i) {
      const auto ref = node->find("$ref");
      if (ref == node->end() || !ref->is_string()) break;
      const auto& text = ref->get_ref<const std::string&>();
      if (!text.starts_with('#')) break;
      try {
        node = &root_.at(Json::json_pointer(text.substr(1)));
      } catch (const Json::exception&) {
        break;  // a reference to nowhere: the schema lint says so
      }
    }
    return *node;
  }

  static bool allows(const Json& node, const char* type) {
    const auto found = node.find("type");
    if (found == node.end()) return false;
    return found->is_array() ? std::ranges::find(*found, Json(type)) != found->end()
                             : *found == type;
  }
  static bool allows_only(const Json& node, const char* type) {
    const auto found = node.find("type");
    return found != node.end() && *found == type;
  }

  Json object(const Json& node, int depth) const {
    Json out = Json::object();
    const auto fields = node.find("properties");
    const auto add = [&](const std::string& name) {
      if (out.contains(name)) return;
      const Json* field =
          fields != node.end() && fields->contains(name) ? &(*fields)[name] : nullptr;
      out[name] = field != nullptr ? make(*field, depth + 1) : Json("x");
    };
    const auto add_required = [&](const Json& from) {
      if (!from.is_object()) return;
      const auto names = from.find("required");
      if (names == from.end() || !names->is_array()) return;
      for (const Json& name : *names) {
        if (name.is_string()) add(name.get<std::string>());
      }
    };
    add_required(node);
    if (const auto all = node.find("allOf"); all != node.end()) {
      for (const Json& part : *all) add_required(resolve(part));
    }
    for (const char* key : {"anyOf", "oneOf"}) {
      const auto list = node.find(key);
      if (list == node.end() || !list->is_array() || list->empty()) continue;
      const Json& branch = resolve((*list)[branch_ % list->size()]);
      add_required(branch);
      if (!branch.is_object() || !branch.contains("properties")) continue;
      for (const auto& [name, field] : branch["properties"].items()) {
        if (field.is_object() && field.contains("const")) out[name] = field["const"];
      }
    }
    if (fields == node.end() || !fields->is_object() || fields_ == Fields::kRequired) return out;
    for (const auto& [name, field] : fields->items()) {
      if (fields_ == Fields::kAll || is_secret(resolve(field))) add(name);
    }
    return out;
  }

  Json array(const Json& node, int depth) const {
    Json out = Json::array();
    const auto items = node.find("items");
    const std::size_t wanted = std::min<std::size_t>(node.value("minItems", std::size_t{0}), 16);
    while (out.size() < wanted && items != node.end()) out.push_back(make(*items, depth + 1));
    return out;
  }

  static Json number(const Json& node) {
    Json value = node.value("minimum", Json(1));
    if (const auto above = node.find("exclusiveMinimum"); above != node.end()) {
      value = Json(above->get<double>() + 1);
      if (above->is_number_integer()) value = Json(above->get<std::int64_t>() + 1);
    } else if (!node.contains("minimum") && node.contains("maximum") && node["maximum"] < 1) {
      value = node["maximum"];
    }
    if (const auto step = node.find("multipleOf"); step != node.end() && value == 1) value = *step;
    return value;
  }

  static Json text(const Json& node) {
    static const char* const kTries[] = {"acme",   "https://vendor.test", "1",     "ACME",
                                         "UTC",    "2026-01-14",          "USD",   "a@vendor.test",
                                         "/tmp/x", "America/Chicago",     "00:00", "v1"};
    const std::string format = node.value("format", "");
    std::string first = format == "uri"         ? "https://vendor.test"
                        : format == "date-time" ? "2026-01-14T12:00:00Z"
                        : format == "date"      ? "2026-01-14"
                        : format == "email"     ? "a@vendor.test"
                        : format == "hostname"  ? "vendor.test"
                                                : "acme";
    const auto size_min = node.value("minLength", std::size_t{0});
    if (first.size() < size_min && size_min < 4096) first.append(size_min - first.size(), 'x');
    Json only{{"type", "object"}, {"properties", {{"it", node}}}};
    const auto fits = [&](const std::string& value) {
      return !check_config(only.dump(), Json{{"it", value}}.dump());
    };
    if (!node.contains("pattern") || fits(first)) return first;
    for (const char* value : kTries) {
      if (fits(value)) return value;
    }
    return first;
  }

  const Json& root_;
  const Fields fields_;
  const std::size_t branch_;
};

void collect_secrets(const Json& schema, const Json& config, const std::string& at,
                     std::uint64_t seed, SampleConfig& out) {
  if (!schema.is_object()) return;
  if (is_secret(schema)) {
    const std::size_t count = config.is_array() ? config.size() : 1;
    auto& values = out.secrets[at];
    for (unsigned i = 0; i < count; ++i) values.push_back(canary(at, seed, i));
    return;
  }
  if (const auto fields = schema.find("properties"); fields != schema.end() && config.is_object()) {
    for (const auto& [name, field] : fields->items()) {
      if (config.contains(name)) collect_secrets(field, config[name], at + '/' + name, seed, out);
    }
  }
  if (const auto items = schema.find("items"); items != schema.end() && config.is_array()) {
    for (std::size_t i = 0; i < config.size(); ++i) {
      collect_secrets(*items, config[i], at + '/' + std::to_string(i), seed, out);
    }
  }
}

SampleConfig complete(const Json& schema, const Json& config, std::uint64_t seed) {
  SampleConfig out;
  out.json = dump_json(config);
  collect_secrets(schema, config, "", seed, out);
  return out;
}

}  // namespace

std::string canary(std::string_view pointer, std::uint64_t seed, unsigned index) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string digest =
      sha256(std::to_string(seed) + '#' + std::to_string(index) + '#' + std::string(pointer));
  std::string out = "Canary00";
  for (const char c : digest) out += kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  return out;  // 8 + 32: a multiple of four, so that it reads as base64
}

std::vector<SampleConfig> make_configs(std::string_view schema_json, std::uint64_t seed) {
  std::vector<SampleConfig> out;
  const auto schema = parse_json(schema_json);
  if (!schema) return out;
  for (const Fields fields : {Fields::kRequiredAndSecrets, Fields::kRequired, Fields::kAll}) {
    for (std::size_t branch = 0; branch < kBranchesMax; ++branch) {
      Json config = Maker(*schema, fields, branch).make(*schema);
      if (!config.is_object()) config = Json::object();
      SampleConfig one = complete(*schema, config, seed);
      if (check_config(schema_json, one.json)) continue;
      const bool known = std::ranges::any_of(
          out, [&](const SampleConfig& other) { return other.json == one.json; });
      if (!known) out.push_back(std::move(one));
    }
  }
  return out;
}

SampleConfig config_of(std::string_view schema_json, std::string settings_json,
                       std::uint64_t seed) {
  const auto schema = parse_json(schema_json);
  const auto settings = parse_json(settings_json);
  if (!schema || !settings) return {std::move(settings_json), {}};
  return complete(*schema, *settings, seed);
}

std::optional<SampleConfig> with_field(std::string_view schema_json, const SampleConfig& config,
                                       std::string_view pointer, std::uint64_t seed) {
  const auto schema = parse_json(schema_json);
  auto settings = parse_json(config.json);
  if (!schema || !settings || !pointer.starts_with('/')) return std::nullopt;
  const std::string name(pointer.substr(1, pointer.find('/', 1) - 1));
  const auto fields = schema->find("properties");
  if (fields == schema->end() || !fields->contains(name) || settings->contains(name)) {
    return std::nullopt;
  }
  (*settings)[name] = Maker(*schema, Fields::kRequired, 0).make((*fields)[name]);
  SampleConfig out = complete(*schema, *settings, seed);
  if (check_config(schema_json, out.json)) return std::nullopt;
  return out;
}

std::string without_field(std::string_view config, std::string_view pointer) {
  auto object = parse_json(config);
  if (!object || !object->is_object() || !pointer.starts_with('/')) return std::string(config);
  object->erase(std::string(pointer.substr(1, pointer.find('/', 1) - 1)));
  return dump_json(*object);
}

bool has_field(std::string_view config, std::string_view pointer) {
  const auto object = parse_json(config);
  if (!object || !object->is_object() || !pointer.starts_with('/')) return false;
  return object->contains(std::string(pointer.substr(1, pointer.find('/', 1) - 1)));
}

std::vector<ConfigMutation> mutate_config(std::string_view schema_json,
                                          const SampleConfig& config) {
  using Kind = ConfigMutation::Kind;
  std::vector<ConfigMutation> out;
  const auto schema = parse_json(schema_json);
  const auto base = parse_json(config.json);
  if (!schema || !base) return out;
  const auto add = [&](Kind kind, std::string pointer, std::string what, const Json& mutated) {
    ConfigMutation one{kind, std::move(pointer), std::move(what), dump_json(mutated), false};
    one.refused = check_config(schema_json, one.json).has_value();
    out.push_back(std::move(one));
  };
  const Json fields = schema->value("properties", Json::object());
  for (const auto& [name, field] : fields.items()) {
    const std::string pointer = '/' + name;
    if (base->contains(name)) {
      Json without = *base;
      without.erase(name);
      add(Kind::kMissing, pointer, "without " + pointer, without);
    }
    const std::pair<const char*, Json> wrong[] = {
        {"null", nullptr},
        {"true", true},
        {"-1", -1},
        {"1e308", 1e308},
        {"\"\"", ""},
        {"a text", "\x01 not a value \xF0\x9F\x9A\x9A"},
        {"an empty list", Json::array()},
        {"a list of objects", Json::array({Json::object()})},
        {"an object", Json{{"x", Json{{"y", Json::array({1, "2", nullptr})}}}}}};
    for (const auto& [what, value] : wrong) {
      Json mutated = *base;
      mutated[name] = value;
      add(Kind::kMistyped, pointer, pointer + " as " + what, mutated);
    }
    if (is_secret(field)) continue;  // what create sees there is a reference, and short
    Json mutated = *base;
    mutated[name] = std::string(1U << 20U, 'A');
    add(Kind::kLong, pointer, pointer + " as a text of 1 MiB", mutated);
  }
  Json unknown = *base;
  unknown["gantry_check_unknown"] = "a field of a later version";
  add(Kind::kUnknown, "/gantry_check_unknown", "an unknown text", unknown);
  unknown["gantry_check_unknown"] = Json{{"deep", Json::array({1, Json{{"er", nullptr}}})}};
  add(Kind::kUnknown, "/gantry_check_unknown", "an unknown object", unknown);
  unknown["gantry_check_unknown"] = std::string(1U << 20U, 'A');
  add(Kind::kUnknown, "/gantry_check_unknown", "an unknown text of 1 MiB", unknown);
  return out;
}

}  // namespace gantry::plugins::conformance
