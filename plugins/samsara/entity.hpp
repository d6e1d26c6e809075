#pragma once

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <string>
#include <string_view>

namespace gantry::samsara {

/// What is known of an event apart from its data.
struct Facts {
  std::string_view kind;  ///< Of the document; static.
  std::string type;       ///< "RouteStopArrival"; empty where a feed names none.
  std::string id;         ///< The event's own id; empty where the data carry it.
  std::string organisation;
  std::string webhook;
  std::int64_t time_ns = GANTRY_TIME_UNKNOWN;  ///< When it was sent; orders versions if known.
  sdk::Json extra;                             ///< Unknown fields beside the data.
};

/// The document of one event, from a webhook or a feed. Never reads `operation`: Samsara's own
/// samples call an arrival "stop departed", so the type and routeStopDetails.state decide.
///
/// A time outside is_plausible is kept as occurred_at, flagged in the metadata, and orders nothing:
/// the version is then the arrival's. `raw` is borrowed; `fallback_key` names an event without id.
sdk::Record map_entity(const Facts& facts, const sdk::Json& data, std::string_view raw,
                       std::int64_t now_ns, std::string_view fallback_key);

}  // namespace gantry::samsara
