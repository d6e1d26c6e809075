#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::plugins {

/// What is wrong with a configuration, and where.
struct ConfigFault {
  std::string pointer;     ///< JSON pointer (RFC 6901) into the configuration; "" is the whole.
  std::string what;        ///< Never holds a configured value: it could be a secret.
  bool in_schema = false;  ///< The plugin's schema is at fault, not the operator.
};

/// Checks a configuration against a plugin's JSON Schema (draft 7), and that every field marked
/// "x-gantry-secret" holds references (env:NAME, file:PATH) and no value. Empty where all is well;
/// else the first fault, the deepest one of those that have a common cause. [any-thread]
std::optional<ConfigFault> check_config(std::string_view schema_json, std::string_view config_json);

/// True where the schema marks the field at this JSON pointer "x-gantry-secret". [any-thread]
bool is_secret_field(std::string_view schema_json, std::string_view pointer);

}  // namespace gantry::plugins
