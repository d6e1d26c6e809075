#pragma once

#include <string>
#include <string_view>

namespace gantry::samsara {

struct Settings;

/// One of Samsara's feeds (developers.samsara.com, OpenAPI of 2025-10-23). All share one protocol:
/// `after` = the last endCursor; hasNextPage false means to ask the same again later.
struct FeedKind {
  enum class Shape {
    kStats,     ///< {id, name, <stat>: [ping]}: rolled up. The first answer is the latest values.
    kLocation,  ///< {happenedAtTime, asset, location, speed}: rolled up.
    kEvents,    ///< One document each.
  };
  std::string_view name;     ///< In the configuration: "vehicle_stats".
  std::string_view path;     ///< "/fleet/vehicles/stats/feed"
  std::string_view history;  ///< Rolled up: where the same pings can be read by time.
  Shape shape;
  bool from_start_time;    ///< Begins at startTime, which stays the same for the cursor's life.
  std::string_view kind;   ///< Of its documents.
  std::string_view asset;  ///< Rolled up: what it is about, "vehicle".

  bool is_rolled_up() const noexcept { return shape != Shape::kEvents; }
};

/// Null for a name that is no feed.
const FeedKind* feed_kind(std::string_view name) noexcept;

/// The query that has to stay the same as long as a cursor lives: types, decorations, filters.
std::string fixed_query(const FeedKind& feed, const Settings& settings);

}  // namespace gantry::samsara
