#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry::hubspot {

/// Where the poller stands in one object type. A round reads everything modified since `from_ms`,
/// oldest first.
struct Place {
  bool in_round = false;
  std::int64_t from_ms = 0;  ///< The next query's lower end.
  std::int64_t seen_ms = 0;  ///< The newest modification met; the next round's bookmark.
  /// Inside one timestamp that holds more than a query gives: the last id read, "0" at its start.
  std::string inside_id;
  std::int64_t archived_at_ms = 0;     ///< When the last list of archived objects began; 0: never.
  std::int64_t archived_since_ms = 0;  ///< The running one: older archivals were told before.
  bool in_archived = false;
  std::string archived_after;
  std::string archived_last;  ///< The last one of that page that was told.
};

struct Places {
  /// By object type. Types that are no longer configured are dropped.
  std::map<std::string, Place, std::less<>> objects;
  std::string at;  ///< The type at which a round was stopped; empty: the next round is a new one.
  bool searched = false;  ///< Its search is done, its archived objects may be open.
};

/// The poller's cursor. Throws Failure(kData) with the code CURSOR for a text that is none.
Places read_places(std::string_view cursor);
std::string write_places(const Places& places);

}  // namespace gantry::hubspot
