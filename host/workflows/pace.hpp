#pragma once

#include <optional>

#include "host/contracts/flow.hpp"
#include "host/workflows/definitions.hpp"

/// How a polling or streaming workflow goes on: its signals, its waits, its failures.
namespace gantry::workflows {

/// What such a run knows; kept by the run, so that queries and signals find it at any time.
struct FlowBoard {
  FlowSettings settings;
  FlowProgress progress;    ///< stats.state is never kPaused here: `paused` stands over it.
  bool changed = false;     ///< `reconfigure` came; who waits looks again.
  std::int64_t rounds = 0;  ///< Of this run.
  std::optional<FlowState> told = {};  ///< What the search attribute Status says.

  bool held() const { return progress.paused || progress.stats.state == FlowState::kReauth; }
};
using Board = temporal::workflow::State<FlowBoard>;

/// Sets the board up: the queries get_stats and get_settings, the signals poll_now, pause, resume,
/// reconfigure and stop.
Board open_board(Context ctx, const std::string& source, const FlowSettings& settings,
                 const FlowProgress& progress);

/// The state as `get_stats` tells it becomes the search attribute Status, where it changed.
void show_state(Context ctx, Board board);

/// Waits until nobody holds the flow. `stop` ends the wait too.
Task<void> wait_released(Context ctx, Board board);

/// True where this run should end and the next take over.
bool run_is_full(Context ctx, Board board);

/// What a failed call means: read from its failure's details, or from its text where it has none.
Interruption interruption_of(const temporal::Failure& failure);

/// A call went well.
void note_success(Context ctx, Board board);

/// Books a failed call, and gives how long the flow rests; zero: try at once. `least` is the first
/// rest of a row of failures, `most` the longest.
milliseconds note_interruption(Context ctx, Board board, const Interruption& why,
                               milliseconds least, milliseconds most);

/// Rests after a failure. Under kRateLimited nothing but stop and pause ends it early.
Task<void> rest(Context ctx, Board board, milliseconds duration);

/// Rests until the next poll is due by the interval, counted from `begun`, or something is said.
Task<void> rest_until_due(Context ctx, Board board, Instant begun);

}  // namespace gantry::workflows
