#pragma once

#include <cstdint>
#include <gantry/sdk/json.hpp>

#include "envelope.hpp"
#include "results.hpp"

namespace gantry::edi {

/// Parts of a record's metadata.
sdk::Json envelope_of(const Interchange& interchange, const Group& group, const SetResult& result);
sdk::Json errors_of(const std::vector<SegmentError>& errors);
sdk::Json names_of(const Warnings& warnings);

/// Of a group's header, else of the interchange's, as UNIX nanoseconds; or unknown.
std::int64_t group_time(const Interchange& interchange, const Group& group);

/// Orders what one partner says of one thing: the minute of the envelope, then its number. A second
/// reading of the same bytes gives the same version.
std::int64_t version_of(const Interchange& interchange, const Group& group);

}  // namespace gantry::edi
