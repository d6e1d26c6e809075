#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry::temporal {

/// An activity that a run has seen end, as its history tells.
struct ActivityEnd {
  std::string type;
  Instant at{};     ///< Regular: the server's time. Local: the worker's own, from the marker.
  int attempt = 1;  ///< The last one.
  bool local = false;
  bool failed = false;
};

/// The ends in order of their events, from a serialized temporal.api.history.v1.History (what
/// Client::fetch_history gives). A local activity leaves only its marker: Core writes into it when
/// it was complete, by the clock of the workflow task (the task's start plus the time it took), so
/// its times are exact to each other and as right as the worker's clock. kInvalid for other bytes.
/// [any-thread]
Result<std::vector<ActivityEnd>> activity_ends(std::string_view history);

}  // namespace gantry::temporal
