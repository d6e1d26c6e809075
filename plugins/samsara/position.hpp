#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry::samsara {

/// Where one feed stands: all that a restart needs. The pings of open windows are not in it; they
/// are read again from Samsara's history (docs/decisions/0099). Times are UNIX nanoseconds.
struct Position {
  std::string query;                 ///< The fixed query that `after` was given for.
  std::string after;                 ///< The last endCursor; empty before the first.
  std::int64_t start_ns = 0;         ///< startTime, for the life of `after`.
  std::int64_t closed_until_ns = 0;  ///< Every window that ends by then was handed over. Aligned.
  std::int64_t read_until_ns = 0;  ///< The feed has shown what happened until then; 0: nothing yet.
  std::int64_t seen_until_ns = 0;  ///< No ping that was read is newer.
  std::int64_t not_before_ns = 0;  ///< Nothing is asked earlier.
  /// While many windows close at once: up to this start and asset they were handed over.
  std::int64_t handed_start_ns = 0;
  std::string handed_asset;
};

/// By the feed's name. Feeds that are no longer configured are dropped.
using Positions = std::map<std::string, Position, std::less<>>;

/// The stream's cursor. Throws Failure(kData) with the code CURSOR for a text that is none.
Positions read_positions(std::string_view cursor);
std::string write_positions(const Positions& positions);

}  // namespace gantry::samsara
