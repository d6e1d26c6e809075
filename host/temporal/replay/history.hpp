#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry::temporal::replay {

/// One recorded run, ready to be replayed.
struct History {
  std::string workflow_id;
  std::string workflow_type;
  std::string run_id;
  std::string task_queue;
  std::int64_t events = 0;
  std::string bytes;  ///< A serialized temporal.api.history.v1.History.
};

/// Reads what `temporal workflow show --output json` prints, what the web UI downloads, or the
/// serialized message itself. Enumerations may be spelt as today (EVENT_TYPE_TIMER_FIRED) or as
/// older tools did (TimerFired). kInvalid where it is neither, or does not begin with a start.
/// [any-thread]
Result<History> read_history(std::string_view text);

/// The same, from a file. kNotFound, or kInvalid naming the file. [blocking]
Result<History> read_history_file(const std::string& path);

/// The event that Core's `words` about non-determinism mean, where the run had been replayed up to
/// event `processed`: the numbered one, else the first later one of the name in the words' quotes,
/// else the first that the task recorded. [any-thread]
std::int64_t event_meant(const History& history, std::int64_t processed, std::string_view words);

}  // namespace gantry::temporal::replay
