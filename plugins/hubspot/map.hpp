#pragma once

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>

#include "objects.hpp"

namespace gantry::hubspot {

/// The document of one object as the API gives it: {id, properties, createdAt, updatedAt, archived,
/// archivedAt}. Its version is when it was last modified, so the same state read again is the same
/// document; an archived one is a tombstone of archivedAt. `raw` is borrowed.
/// Throws Failure(kData) for an object without an id.
sdk::Record map_object(const ObjectType& type, const sdk::Json& object, std::string_view raw);

/// When it was last modified, UNIX milliseconds; nothing where it does not say.
std::optional<std::int64_t> modified_ms(const ObjectType& type, const sdk::Json& object);

/// A time as HubSpot writes it: RFC 3339 or UNIX milliseconds.
std::int64_t time_of(const sdk::Json& time);

}  // namespace gantry::hubspot
