#pragma once

#include <gantry/sdk/record.hpp>
#include <string_view>

#include "api.hpp"
#include "settings.hpp"

namespace gantry::turvo {

/// Reads the configured lists from `cursor`, emits what changed, checkpoints after each page.
/// True where the caller should poll again at once. [blocking]
///
/// Offsets shift while a list is read. Each page therefore begins with rows of the one before; if
/// none of them comes, more rows went away above than overlap, and the page before is read again.
/// Without `updated_since` a list is read newest first until a page's worth of rows is older than
/// the last poll; should a page be in another order, the whole list is read.
bool poll(const sdk::Host& host, const Settings& settings, const Api& api, std::string_view cursor,
          sdk::Sink& sink);

}  // namespace gantry::turvo
