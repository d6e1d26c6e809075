#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/contracts/streaming.hpp"
#include "host/workflows/fan_out.hpp"
#include "host/workflows/pace.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

constexpr milliseconds kFirstRest = 1s;
constexpr milliseconds kLongestRest = 1min;
/// Failures that only time or a person can mend are not asked about every second.
constexpr milliseconds kFirstLongRest = 30s;

CollectInput next_collect(const Board& board) {
  const FlowSettings& settings = board->settings;
  const FlowProgress& progress = board->progress;
  CollectInput collect{progress.stats.source, progress.stats.cursor, progress.ack, settings.budget,
                       settings.wait};
  collect.budget.records_max = std::min(collect.budget.records_max, kStreamRecordsMax);
  return collect;
}

FanOut fan_out_of(Context ctx, const Board& board, int rollout) {
  const FlowSettings& settings = board->settings;
  const FlowStats& stats = board->progress.stats;
  return {resolve_bulk(settings.fanout),
          stream_workflow_id(stats.source) + '@' + ctx.info().run_id + '#' +
              std::to_string(stats.iteration),
          stats.source,
          settings.placement,
          settings.priority,
          rollout};
}

Task<void> take_in(Context ctx, Board board, RecordPage page) {
  FlowStats& stats = board->progress.stats;
  const bool moved = stats.cursor != page.cursor;
  stats.cursor = page.cursor;
  stats.dead_letters += page.dead_letters;
  const FanOut how = fan_out_of(ctx, board, page.rollout);
  const Tally tally = co_await ingest_page(ctx, how, std::move(page.records), kChildrenInFlightMax);
  stats.total_processed += tally.processed;
  stats.dead_letters += tally.dead_letters;
  if (moved) board->progress.ack = page.cursor;
}

/// Nobody will collect soon, so that the vendor is told now. One that does not listen sends again.
Task<void> let_go(Context ctx, Board board) {
  const AckInput last{board->progress.stats.source, board->progress.ack, true};
  const auto told = co_await tw::attempt(ctx.activity(kAckStreamBatch, last));
  if (told) board->progress.ack.clear();
}

/// One collection, its records, and after a failure a rest. True once the stream has ended.
Task<bool> collect_once(Context ctx, Board board) {
  ++board->rounds;
  ++board->progress.stats.iteration;
  board->progress.poll_now = false;
  Interruption why;
  bool ended = false;
  {
    const auto trace = ctx.own_trace("collect");  // of this round, without the rest after it
    auto collected = co_await tw::attempt(ctx.activity(kCollectStreamBatch, next_collect(board)));
    if (collected) {
      board->progress.ack.clear();
      why = collected.value().interruption;
      ended = collected.value().ended;
      co_await take_in(ctx, board, std::move(collected.value()));
    } else {
      why = interruption_of(collected.failure());
    }
  }
  if (why.category.empty()) {
    note_success(ctx, board);
    co_return ended;
  }
  const bool passing = why.category == "NOT_CONNECTED" || why.category == "TRANSIENT";
  const milliseconds wait =
      note_interruption(ctx, board, why, passing ? kFirstRest : kFirstLongRest,
                        passing ? kLongestRest : kRetryAfterMax);
  co_await rest(ctx, board, wait);
  co_return false;
}

}  // namespace

Task<FlowStats> stream_ingestion(Context ctx, StreamInput input) {
  Board board = open_board(ctx, input.source, input.settings, input.progress);
  bool ended = false;
  while (!ended && !board->progress.stop) {
    if (board->held()) {
      co_await let_go(ctx, board);
      co_await wait_released(ctx, board);
      continue;
    }
    if (run_is_full(ctx, board)) {
      ctx.continue_as_new(kStreamIngestion, {input.source, board->settings, board->progress});
    }
    ended = co_await collect_once(ctx, board);
  }
  co_await let_go(ctx, board);
  board->progress.stats.state = FlowState::kFinished;
  show_state(ctx, board);
  co_return board->progress.stats;
}

}  // namespace gantry::workflows
