#include "host/plugins/config_schema.hpp"

// Without it valijson ends the process on a malformed schema.
#define VALIJSON_USE_EXCEPTIONS 1

#include <exception>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "host/base/encoding.hpp"
#include "host/base/json.hpp"

namespace gantry::plugins {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

std::string pointer_token(std::string_view name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string token) {
  for (const auto& [escape, character] : {std::pair{"~1", '/'}, std::pair{"~0", '~'}}) {
    for (auto at = token.find(escape); at != std::string::npos; at = token.find(escape, at + 1)) {
      token.replace(at, 2, 1, character);
    }
  }
  return token;
}

bool is_index(std::string_view token) {
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

/// valijson names a place as {"<root>", "[field]", "[0]"}.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string out;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view name = context[i];
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    out += pointer_token(name);
  }
  return out;
}

bool is_reference(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.starts_with("env:") || text.starts_with("file:");
}

bool are_references(const Json& value) {
  if (!value.is_array()) return is_reference(value);
  for (const Json& entry : value) {
    if (!is_reference(entry)) return false;
  }
  return true;
}

/// Marked true, or with a word that says which kind of secret it is ("webhook").
bool is_marked(const Json& schema) {
  const auto mark = schema.find("x-gantry-secret");
  return mark != schema.end() && *mark != false;
}

/// The first secret that is written out instead of referred to.
std::optional<ConfigFault> find_plain_secret(const Json& schema, const Json& config,
                                             const std::string& at) {
  if (!schema.is_object()) return std::nullopt;
  if (is_marked(schema)) {
    if (are_references(config)) return std::nullopt;
    return ConfigFault{at, "is a secret: write env:NAME or file:PATH, not its value"};
  }
  if (const auto fields = schema.find("properties");
      fields != schema.end() && fields->is_object() && config.is_object()) {
    for (const auto& [name, field] : fields->items()) {
      const auto value = config.find(name);
      if (value == config.end()) continue;
      if (auto fault = find_plain_secret(field, *value, at + pointer_token(name))) return fault;
    }
  }
  if (const auto items = schema.find("items"); items != schema.end() && config.is_array()) {
    for (std::size_t i = 0; i < config.size(); ++i) {
      if (auto fault = find_plain_secret(*items, config[i], at + '/' + std::to_string(i))) {
        return fault;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ConfigFault> check_config(std::string_view schema_json,
                                        std::string_view config_json) {
  const auto schema_value = parse_json(schema_json);
  if (!schema_value) return ConfigFault{"", "the schema is not JSON", true};
  const auto config = parse_json(config_json);
  if (!config || !config->is_object()) return ConfigFault{"", "is not a JSON object"};

  try {
    valijson::Schema schema;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(Adapter(*schema_value), schema);
    valijson::Validator validator;  // strong types: "5" is no number
    valijson::ValidationResults results;
    if (!validator.validate(schema, Adapter(*config), &results)) {
      // A parent that fails because of its child comes after it: the deepest place is the cause.
      ConfigFault fault{"", "does not match the plugin's schema"};
      std::size_t depth = 0;
      for (const auto& error : results) {
        if (error.context.size() <= depth) continue;
        depth = error.context.size();
        fault = {pointer_of(error.context), escape_control(error.description)};
      }
      return fault;
    }
  } catch (const std::exception& problem) {
    return ConfigFault{"", escape_control(problem.what()), true};
  }
  return find_plain_secret(*schema_value, *config, "");
}

bool is_secret_field(std::string_view schema_json, std::string_view pointer) {
  const auto schema = parse_json(schema_json);
  if (!schema || pointer.empty() || pointer.front() != '/') return false;
  const Json* at = &*schema;
  while (!pointer.empty()) {
    if (!at->is_object() || is_marked(*at)) return false;  // a secret has no fields of its own
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string name(pointer.substr(0, end));
    pointer.remove_prefix(end);
    if (const auto items = at->find("items"); items != at->end() && is_index(name)) {
      at = &*items;
      continue;
    }
    const auto fields = at->find("properties");
    if (fields == at->end() || !fields->is_object()) return false;
    const auto field = fields->find(unescaped(std::move(name)));
    if (field == fields->end()) return false;
    at = &*field;
  }
  return at->is_object() && is_marked(*at);
}

}  // namespace gantry::plugins
