#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry::cli {

/// The JSON sample with a suffix on the text of every `id` member, so that it is another delivery
/// with other records; an id that is a reference to another stays one. kInvalid where the sample is
/// no JSON or has no such id. Member order is kept. [any-thread]
Result<std::string> with_unique_ids(std::string_view sample, std::string_view suffix);

}  // namespace gantry::cli
