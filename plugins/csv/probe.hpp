#pragma once

#include <string_view>

#include "settings.hpp"

namespace gantry::csv {

/// How sure we are that a file is delimited text, by its first bytes: 0 for EDI, binaries and
/// markup, more for an even division into columns, a telling name and the mapping's own columns.
int probe(const Settings& settings, std::string_view name, std::string_view head);

}  // namespace gantry::csv
