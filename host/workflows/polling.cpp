#include "host/contracts/polling.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/workflows/fan_out.hpp"
#include "host/workflows/pace.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

constexpr milliseconds kFirstRest = 30s;
constexpr milliseconds kLongestRest = 15min;

FetchInput next_fetch(const Board& board) {
  const FlowSettings& settings = board->settings;
  FetchInput fetch{board->progress.stats.source, board->progress.stats.cursor, settings.budget};
  if (settings.fanout == Fanout::kRecord) {
    fetch.budget.records_max = std::min(fetch.budget.records_max, kRecordFanoutPageMax);
  }
  return fetch;
}

FanOut fan_out_of(Context ctx, const Board& board, const RecordPage& page) {
  const FlowSettings& settings = board->settings;
  const FlowStats& stats = board->progress.stats;
  // The run's own id: a round that was begun in another life of this flow is another batch.
  return {resolve_poll(settings.fanout, page.records.size()),
          poll_workflow_id(stats.source) + '@' + ctx.info().run_id + '#' +
              std::to_string(stats.iteration),
          stats.source,
          settings.placement,
          settings.priority,
          page.rollout};
}

Task<void> take_in(Context ctx, Board board, RecordPage page) {
  FlowStats& stats = board->progress.stats;
  stats.cursor = page.cursor;  // the page is in staging, and this run sees to its children
  stats.dead_letters += page.dead_letters;
  const FanOut how = fan_out_of(ctx, board, page);
  const Tally tally = co_await ingest_page(ctx, how, std::move(page.records), kChildrenInFlightMax);
  stats.total_processed += tally.processed;
  stats.dead_letters += tally.dead_letters;
}

/// One call to the vendor, its records, and the rest after it.
Task<void> poll_once(Context ctx, Board board) {
  const Instant begun = ctx.now();
  ++board->rounds;
  ++board->progress.stats.iteration;
  board->progress.poll_now = false;
  Interruption why;
  bool more = false;
  {
    const auto trace = ctx.own_trace("poll");  // of this round, without the rest after it
    auto fetched = co_await tw::attempt(ctx.activity(kFetchNewRecords, next_fetch(board)));
    if (fetched) {
      RecordPage page = std::move(fetched.value());
      why = page.interruption;
      // "More" from a connector that gave nothing and stands still would be asked for ever.
      more = page.more && (!page.records.empty() || page.cursor != board->progress.stats.cursor);
      co_await take_in(ctx, board, std::move(page));
    } else {
      why = interruption_of(fetched.failure());
    }
  }
  if (!why.category.empty()) {
    const milliseconds wait = note_interruption(ctx, board, why, kFirstRest, kLongestRest);
    co_await rest(ctx, board, wait);
    co_return;
  }
  note_success(ctx, board);
  if (!more) co_await rest_until_due(ctx, board, begun);
}

}  // namespace

Task<FlowStats> polling(Context ctx, PollingInput input) {
  Board board = open_board(ctx, input.source, input.settings, input.progress);
  while (true) {
    co_await wait_released(ctx, board);
    if (board->progress.stop) break;
    if (run_is_full(ctx, board)) {
      ctx.continue_as_new(kPolling, {input.source, board->settings, board->progress});
    }
    co_await poll_once(ctx, board);
  }
  board->progress.stats.state = FlowState::kFinished;
  show_state(ctx, board);
  co_return board->progress.stats;
}

}  // namespace gantry::workflows
