#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::plugins::conformance {

/// Faults of a JSON Schema: what the draft-07 meta-schema refuses. Empty where it is valid.
/// [any-thread]
std::string check_meta_schema(std::string_view schema_json);

/// JSON pointers of fields that are named like a credential and say nothing of being one: neither
/// "x-gantry-secret": true nor false. Names that only speak of one (token_url, signature_header)
/// do not count. [any-thread]
std::vector<std::string> unmarked_credentials(std::string_view schema_json);

/// JSON pointers of fields without a description. [any-thread]
std::vector<std::string> undescribed_fields(std::string_view schema_json);

}  // namespace gantry::plugins::conformance
