#pragma once

#include <gantry/sdk/json.hpp>

#include "envelope.hpp"

namespace gantry::edi {

/// An interchange or group as JSON and back: what a cursor and the spool of unanswered
/// interchanges hold. `open` keeps what only an unfinished one needs (header bytes, delimiters).
/// Reading throws Failure(kData) where the text was not written here.
sdk::Json to_json(const Interchange& interchange, bool open);
Interchange interchange_of(const sdk::Json& json);
sdk::Json to_json(const Group& group, bool open);
Group group_of(const sdk::Json& json);

}  // namespace gantry::edi
