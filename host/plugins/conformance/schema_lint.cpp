#include "host/plugins/conformance/schema_lint.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"
#include "host/base/redact.hpp"
#include "host/plugins/config_schema.hpp"

namespace gantry::plugins::conformance {
namespace {

// The draft-07 meta-schema (json-schema.org/draft-07/schema) without titles, defaults and the
// formats that need a network or a regular-expression parser.
constexpr std::string_view kMetaSchema = R"json({
"definitions": {
  "schemaArray": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
  "nonNegativeInteger": {"type": "integer", "minimum": 0},
  "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
  "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true}
},
"type": ["object", "boolean"],
"properties": {
  "$id": {"type": "string"}, "$schema": {"type": "string"}, "$ref": {"type": "string"},
  "$comment": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
  "readOnly": {"type": "boolean"}, "examples": {"type": "array"},
  "multipleOf": {"type": "number", "exclusiveMinimum": 0},
  "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
  "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
  "maxLength": {"$ref": "#/definitions/nonNegativeInteger"},
  "minLength": {"$ref": "#/definitions/nonNegativeInteger"},
  "pattern": {"type": "string"},
  "additionalItems": {"$ref": "#"},
  "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemaArray"}]},
  "maxItems": {"$ref": "#/definitions/nonNegativeInteger"},
  "minItems": {"$ref": "#/definitions/nonNegativeInteger"},
  "uniqueItems": {"type": "boolean"}, "contains": {"$ref": "#"},
  "maxProperties": {"$ref": "#/definitions/nonNegativeInteger"},
  "minProperties": {"$ref": "#/definitions/nonNegativeInteger"},
  "required": {"$ref": "#/definitions/stringArray"},
  "additionalProperties": {"$ref": "#"},
  "definitions": {"type": "object", "additionalProperties": {"$ref": "#"}},
  "properties": {"type": "object", "additionalProperties": {"$ref": "#"}},
  "patternProperties": {"type": "object", "additionalProperties": {"$ref": "#"}},
  "dependencies": {"type": "object", "additionalProperties":
    {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/stringArray"}]}},
  "propertyNames": {"$ref": "#"},
  "enum": {"type": "array", "minItems": 1},
  "type": {"anyOf": [{"$ref": "#/definitions/simpleTypes"},
    {"type": "array", "items": {"$ref": "#/definitions/simpleTypes"}, "minItems": 1,
     "uniqueItems": true}]},
  "format": {"type": "string"}, "contentMediaType": {"type": "string"},
  "contentEncoding": {"type": "string"},
  "if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"},
  "allOf": {"$ref": "#/definitions/schemaArray"}, "anyOf": {"$ref": "#/definitions/schemaArray"},
  "oneOf": {"$ref": "#/definitions/schemaArray"}, "not": {"$ref": "#"},
  "x-gantry-secret": {"enum": [true, false, "webhook"]}
}})json";

/// Calls `visit` for every property below `schema`, whatever combines them.
void walk(const Json& schema, const std::string& at,
          const std::function<void(const std::string& name, const std::string& pointer,
                                   const Json& field)>& visit) {
  if (!schema.is_object()) return;
  if (const auto fields = schema.find("properties");
      fields != schema.end() && fields->is_object()) {
    for (const auto& [name, field] : fields->items()) {
      if (!field.is_object()) continue;
      visit(name, at + '/' + name, field);
      walk(field, at + '/' + name, visit);
    }
  }
  for (const char* key : {"items", "additionalProperties", "then", "else"}) {
    if (const auto inner = schema.find(key); inner != schema.end()) walk(*inner, at, visit);
  }
  for (const char* key : {"allOf", "anyOf", "oneOf"}) {
    if (const auto list = schema.find(key); list != schema.end() && list->is_array()) {
      for (const Json& inner : *list) walk(inner, at, visit);
    }
  }
}

/// "token_url" is a place, "signature_header" a name: neither is a credential.
bool speaks_of_one(std::string_view name) {
  static constexpr std::array<std::string_view, 19> kEndings{
      "url",    "uri",  "path",   "header",  "name",     "id",   "field",
      "column", "kind", "type",   "format",  "scheme",   "mode", "seconds",
      "ttl",    "life", "window", "version", "algorithm"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); });
}

bool can_hold_text(const Json& field) {
  if (field.contains("enum") || field.contains("const")) return false;
  // A list of words to choose from holds none of its own.
  if (const auto items = field.find("items"); items != field.end() && items->is_object()) {
    if (items->contains("enum") || items->contains("const")) return false;
  }
  const auto type = field.find("type");
  if (type == field.end()) return !field.contains("properties");
  const auto holds = [](const Json& one) { return one == "string" || one == "array"; };
  if (!type->is_array()) return holds(*type);
  return std::ranges::any_of(*type, holds);
}

/// A list that is called "key" names columns.
bool is_list_of_columns(const std::string& name, const Json& field) {
  return name == "key" && field.contains("type") && field["type"] == "array";
}

}  // namespace

std::string check_meta_schema(std::string_view schema_json) {
  if (const auto fault = check_config(kMetaSchema, schema_json)) {
    return (fault->pointer.empty() ? std::string() : fault->pointer + ": ") + fault->what;
  }
  if (const auto fault = check_config(schema_json, "{}"); fault && fault->in_schema) {
    return fault->what;
  }
  return {};
}

std::vector<std::string> unmarked_credentials(std::string_view schema_json) {
  std::vector<std::string> found;
  const auto schema = parse_json(schema_json);
  if (!schema) return found;
  walk(*schema, "", [&](const std::string& name, const std::string& pointer, const Json& field) {
    if (!names_secret(name) || speaks_of_one(name) || is_list_of_columns(name, field)) return;
    if (field.contains("x-gantry-secret") || !can_hold_text(field)) return;
    found.push_back(pointer);
  });
  return found;
}

std::vector<std::string> undescribed_fields(std::string_view schema_json) {
  std::vector<std::string> found;
  const auto schema = parse_json(schema_json);
  if (!schema) return found;
  const auto fields = schema->find("properties");
  if (fields == schema->end() || !fields->is_object()) return found;
  for (const auto& [name, field] : fields->items()) {
    if (field.is_object() && !field.contains("description") && !field.contains("$ref")) {
      found.push_back('/' + name);
    }
  }
  return found;
}

}  // namespace gantry::plugins::conformance
