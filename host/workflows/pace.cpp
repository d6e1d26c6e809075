#include "host/workflows/pace.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/time.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

FlowStats shown(const FlowBoard& board) {
  FlowStats stats = board.progress.stats;
  if (board.progress.paused) stats.state = FlowState::kPaused;
  return stats;
}

/// Held no more by refused credentials, and tried again at once: somebody changed something, so
/// that a failure from here on is the first of its row.
void try_again(FlowBoard& board) {
  board.progress.failures_in_row = 0;
  if (board.progress.stats.state == FlowState::kReauth) {
    board.progress.stats.state = FlowState::kRunning;
  }
  board.progress.poll_now = true;
}

milliseconds back_off(int failures, milliseconds least, milliseconds most) {
  milliseconds wait = least;
  for (int i = 1; i < failures && wait < most; ++i) wait *= 2;
  return std::min(wait, most);
}

}  // namespace

Board open_board(Context ctx, const std::string& source, const FlowSettings& settings,
                 const FlowProgress& progress) {
  Board board = ctx.state(FlowBoard{settings, progress});
  board->progress.stats.source = source;
  board->progress.stats.next_poll.clear();
  if (ctx.info().search_attributes.contains(kAttributeStatus)) board->told = shown(*board).state;
  ctx.on_query(kGetStats, board, shown);
  ctx.on_query(kGetSettings, board, [](const FlowBoard& kept) { return kept.settings; });
  ctx.on_signal(kPollNow, [board](std::monostate) { board->progress.poll_now = true; });
  ctx.on_signal(kPause, [board](std::monostate) { board->progress.paused = true; });
  ctx.on_signal(kResume, [board](std::monostate) {
    board->progress.paused = false;
    try_again(*board);
  });
  ctx.on_signal(kReconfigure, [board](FlowSettings wanted) {
    board->settings = std::move(wanted);
    board->changed = true;
    if (board->progress.stats.state != FlowState::kRunning) try_again(*board);
  });
  ctx.on_signal(kStop, [board](std::monostate) { board->progress.stop = true; });
  return board;
}

void show_state(Context ctx, Board board) {
  const FlowState now = shown(*board).state;
  if (board->told == now) return;
  board->told = now;
  show_status(ctx, board->settings.placement, to_string(now));
}

Task<void> wait_released(Context ctx, Board board) {
  show_state(ctx, board);
  co_await ctx.wait([board] { return !board->held() || board->progress.stop; });
}

bool run_is_full(Context ctx, Board board) {
  return board->rounds >= kRoundsPerRun || ctx.info().history_events >= kHistoryEventsMax ||
         ctx.info().continue_as_new_suggested;
}

Interruption interruption_of(const temporal::Failure& failure) {
  Interruption why;
  why.category = "TRANSIENT";
  why.message = root_cause(failure);
  const auto* told = temporal::find_failure<temporal::ApplicationFailure>(failure);
  if (told == nullptr) return why;
  why.category = told->type;
  if (told->next_retry_delay) why.retry_after = *told->next_retry_delay;
  if (!told->details.empty()) {
    why.code = temporal::from_payload<Interruption>(told->details.front()).code;
  }
  return why;
}

void note_success(Context ctx, Board board) {
  FlowProgress& progress = board->progress;
  progress.failures_in_row = 0;
  progress.stats.state = FlowState::kRunning;
  progress.stats.last_error.clear();
  progress.stats.last_success = to_rfc3339(ctx.now());
  show_state(ctx, board);
}

milliseconds note_interruption(Context ctx, Board board, const Interruption& why,
                               milliseconds least, milliseconds most) {
  FlowProgress& progress = board->progress;
  FlowStats& stats = progress.stats;
  ++stats.failed;
  ++progress.failures_in_row;
  stats.last_error = why.message;
  ctx.log(tw::LogLevel::kWarning, "flow_interrupted",
          {{"source", stats.source}, {"category", why.category}, {"reason", why.message}});
  if (why.category == "AUTH") {
    stats.state = FlowState::kReauth;  // no clock ends it: an operator does
    return milliseconds{0};
  }
  milliseconds wait = back_off(progress.failures_in_row, least, most);
  if (why.category == "RATE_LIMITED") {
    stats.state = FlowState::kRateLimited;
    if (why.retry_after > milliseconds{0}) wait = std::min(why.retry_after, kRetryAfterMax);
    return wait;
  }
  if (why.category == "DATA" && why.code == kCursorCode && !stats.cursor.empty()) {
    // The error class `restart`: what comes twice is known by its version, what is missed is not.
    stats.cursor.clear();
    stats.state = FlowState::kRunning;
    return progress.failures_in_row > 1 ? wait : milliseconds{0};
  }
  const bool passing = why.category == "TRANSIENT" || why.category == "NOT_CONNECTED" ||
                       why.category == "CANCELLED" || why.category == "unavailable" ||
                       why.category == "timeout";
  stats.state = passing ? FlowState::kRunning : FlowState::kFailed;
  return wait;
}

Task<void> rest(Context ctx, Board board, milliseconds duration) {
  if (duration <= milliseconds{0}) co_return;
  show_state(ctx, board);
  board->progress.stats.next_poll = to_rfc3339(ctx.now() + duration);
  const bool strict = board->progress.stats.state == FlowState::kRateLimited;
  co_await ctx.wait_for(
      [board, strict] {
        const FlowProgress& said = board->progress;
        return said.stop || said.paused || (said.poll_now && !strict);
      },
      duration);
  board->progress.stats.next_poll.clear();
}

Task<void> rest_until_due(Context ctx, Board board, Instant begun) {
  while (true) {
    const Instant due = begun + board->settings.interval;
    const FlowProgress& said = board->progress;
    if (said.stop || said.paused || said.poll_now || ctx.now() >= due) break;
    board->progress.stats.next_poll = to_rfc3339(due);
    board->changed = false;
    co_await ctx.wait_for(
        [board] {
          const FlowProgress& now_said = board->progress;
          return now_said.stop || now_said.paused || now_said.poll_now || board->changed;
        },
        std::chrono::ceil<milliseconds>(due - ctx.now()));
  }
  board->progress.stats.next_poll.clear();
}

}  // namespace gantry::workflows
