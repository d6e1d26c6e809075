#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry {

/// The one JSON type. Headers need only this forward declaration; sources that build or read
/// values include <nlohmann/json.hpp>.
using Json = nlohmann::json;

/// Reads one JSON text (RFC 8259). Refuses, with kInvalid and the byte offset: malformed text,
/// bytes after the value, text that is not UTF-8, nesting deeper than 128. [any-thread]
Result<Json> parse_json(std::string_view text);

/// Compact text; bytes that are not UTF-8 become U+FFFD instead of an exception. [any-thread]
std::string dump_json(const Json& value);

/// The text, number or boolean at `key` of an object; empty where it is absent, null or another
/// type. Numbers keep their digits ("1000399120"). [any-thread]
std::optional<std::string> text_at(const Json& object, std::string_view key);

}  // namespace gantry
