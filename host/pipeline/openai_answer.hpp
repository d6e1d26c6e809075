#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/pipeline/openai.hpp"

namespace gantry::pipeline::openai {

/// Parts that the readers of answers share. All [any-thread].

/// The member of an object; nullptr where it is absent or `value` is no object.
const Json* member(const Json& value, std::string_view name);
Usage usage_of(const Json& answer);
/// kUnavailable: another try may get a whole answer.
Error malformed(const std::string& why);

}  // namespace gantry::pipeline::openai
