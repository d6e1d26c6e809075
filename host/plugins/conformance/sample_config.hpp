#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::plugins::conformance {

/// A configuration as create gets it, and the canaries behind its secret references.
struct SampleConfig {
  std::string json;
  std::map<std::string, std::vector<std::string>> secrets;  ///< By JSON pointer, newest first.
};

/// Configurations that `schema_json` accepts, best first: required fields and all secrets, required
/// fields only, every field; fields take const, default, the first example or enum value, or what
/// their type and limits ask for. Empty where none could be made. [any-thread]
std::vector<SampleConfig> make_configs(std::string_view schema_json, std::uint64_t seed);

/// The given settings with canaries behind every secret reference in them. [any-thread]
SampleConfig config_of(std::string_view schema_json, std::string settings_json, std::uint64_t seed);

/// `config` with the top-level field that `pointer` names added; empty where the schema does not
/// know it, or it is there. [any-thread]
std::optional<SampleConfig> with_field(std::string_view schema_json, const SampleConfig& config,
                                       std::string_view pointer, std::uint64_t seed);

/// A configuration with one thing wrong, or unusual.
struct ConfigMutation {
  enum class Kind { kMissing, kMistyped, kUnknown, kLong };
  Kind kind = Kind::kMissing;
  std::string pointer;  ///< The field.
  std::string what;     ///< "/tolerance as an array"
  std::string json;
  bool refused = false;  ///< The schema refuses it.
};
std::vector<ConfigMutation> mutate_config(std::string_view schema_json, const SampleConfig& config);

/// The JSON object `config` without the top-level field that `pointer` begins with.
std::string without_field(std::string_view config, std::string_view pointer);

/// True where the JSON object `config` has the top-level field that `pointer` begins with.
bool has_field(std::string_view config, std::string_view pointer);

/// A value to be recognised wherever it shows up: 40 letters and digits, valid base64.
std::string canary(std::string_view pointer, std::uint64_t seed, unsigned index = 0);

}  // namespace gantry::plugins::conformance
