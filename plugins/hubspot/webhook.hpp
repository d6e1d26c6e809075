#pragma once

#include <gantry/sdk/record.hpp>

#include "api.hpp"

namespace gantry::hubspot {

/// Turns a delivery, an array of events, into records (docs/decisions/0100).
///
/// What was created, changed or restored is read from the API where it can be called, so that its
/// document is whole; else the document holds what the event tells and says `partial`. A deletion
/// is a tombstone, a privacy deletion a purge, a merge a tombstone for each loser with `alias_of`.
/// An element that is no event is rejected, the others go on.
/// Throws Failure(kData) where the body is no array of events. [blocking]
void parse_events(const sdk::Host& host, const Settings& settings, const Api& api,
                  std::string_view body, sdk::Sink& sink);

}  // namespace gantry::hubspot
