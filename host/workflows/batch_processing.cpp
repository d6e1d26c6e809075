#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/contracts/batch.hpp"
#include "host/workflows/fan_out.hpp"
#include "host/workflows/pace.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

/// What a run carries on, and what it shows.
struct Desk {
  BatchInput input;
  std::int64_t pages = 0;  ///< Of this run; makes the ids of its batches.
};
using DeskState = tw::State<Desk>;

/// A file's next page is read and taken in. Gives back the file if there is more of it.
struct Turn {
  FileProgress file;
  bool done = false;
};

FanOut fan_out_of(Context ctx, const DeskState& desk, std::int64_t page, int rollout) {
  const BatchInput& input = desk->input;
  return {resolve_bulk(input.settings.fanout),
          batch_run_workflow_id(input.source, input.run) + '@' + ctx.info().run_id + '#' +
              std::to_string(page),
          input.source,
          input.settings.placement,
          input.settings.priority,
          rollout};
}

Task<void> settle(Context ctx, DeskState desk, FileProgress file, std::string reason) {
  BatchStats& stats = desk->input.stats;
  co_await ctx.activity(kSettleBatchFile, {desk->input.source, file.file, reason});
  if (reason.empty()) {
    ++stats.files_processed;
    co_return;
  }
  ++stats.failed;
  stats.last_error = file.file.name + ": " + reason;
  ctx.log(tw::LogLevel::kWarning, "file_rejected",
          {{"source", stats.source}, {"file", file.file.name}, {"reason", reason}});
}

Task<void> take_in(Context ctx, DeskState desk, RecordPage page) {
  BatchStats& stats = desk->input.stats;
  const std::int64_t number = desk->pages++;
  stats.dead_letters += page.dead_letters;
  const Tally tally =
      co_await ingest_page(ctx, fan_out_of(ctx, desk, number, page.rollout),
                           std::move(page.records), kChildrenInFlightMax / kFilesInFlightMax);
  stats.total_records += tally.processed;
  stats.dead_letters += tally.dead_letters;
}

Task<Turn> take_turn(Context ctx, DeskState desk, FileProgress file) {
  Budget budget = desk->input.settings.budget;
  if (desk->input.settings.fanout == Fanout::kRecord) {
    budget.records_max = std::min(budget.records_max, kRecordFanoutPageMax / kFilesInFlightMax);
  }
  auto parsed = co_await tw::attempt(ctx.activity(
      kParseBatchFile, ParseFileInput{desk->input.source, file.file, file.cursor, budget}));
  if (!parsed) {
    co_await settle(ctx, desk, file, interruption_of(parsed.failure()).message);
    co_return Turn{std::move(file), true};
  }
  RecordPage page = std::move(parsed.value());
  const std::string reason = page.interruption.message;
  const bool ended = page.ended || !page.interruption.category.empty();
  file.cursor = page.cursor;
  file.records += static_cast<std::int64_t>(page.records.size());
  file.dead_letters += page.dead_letters;
  co_await take_in(ctx, desk, std::move(page));
  if (ended) co_await settle(ctx, desk, file, reason);
  co_return Turn{std::move(file), ended};
}

/// A page of each of the first files; those that are done leave the desk.
Task<void> work_a_wave(Context ctx, DeskState desk) {
  std::vector<FileProgress>& waiting = desk->input.files;
  const std::size_t count = std::min<std::size_t>(waiting.size(), kFilesInFlightMax);
  const std::vector<FileProgress> wave(waiting.begin(),
                                       waiting.begin() + static_cast<std::ptrdiff_t>(count));
  auto turns = co_await tw::for_each_bounded(
      wave, kFilesInFlightMax,
      [ctx, desk](const FileProgress& file) { return take_turn(ctx, desk, file); });
  std::vector<FileProgress> left;
  for (auto& turn : turns) {
    if (!turn.done) left.push_back(std::move(turn.file));
  }
  left.insert(left.end(), waiting.begin() + static_cast<std::ptrdiff_t>(count), waiting.end());
  waiting = std::move(left);
}

/// False where there is nothing to read, for a patient run: and none of what lies there became
/// complete in time.
Task<bool> fetch_files(Context ctx, DeskState desk) {
  for (int looks = 1;; ++looks) {
    FetchedFiles fetched =
        co_await ctx.activity(kFetchBatchFiles, {desk->input.source, desk->input.run});
    for (auto& file : fetched.files) desk->input.files.push_back({std::move(file), {}, 0, 0});
    if (!desk->input.files.empty()) co_return true;
    const bool again = desk->input.patient && fetched.again_in.count() > 0;
    if (!again || looks == kPatientLooksMax) co_return false;
    const auto rest = looks < kQuickLooksMax ? std::chrono::milliseconds{1} : kPatientRest;
    co_await ctx.sleep(std::max(fetched.again_in, rest));
  }
}

}  // namespace

Task<BatchSummary> batch_processing(Context ctx, BatchInput input) {
  auto desk = ctx.state(Desk{input});
  desk->input.stats.source = input.source;
  desk->input.stats.run = input.run;
  ctx.on_query(kGetBatchStats, desk, [](const Desk& kept) { return kept.input.stats; });
  while (true) {
    const bool full =
        ctx.info().history_events >= kHistoryEventsMax || ctx.info().continue_as_new_suggested;
    if (full) ctx.continue_as_new(kBatchProcessing, desk->input);
    if (desk->input.files.empty() && !co_await fetch_files(ctx, desk)) break;
    co_await work_a_wave(ctx, desk);
  }
  BatchStats& stats = desk->input.stats;
  stats.state = "finished";
  show_status(ctx, input.settings.placement, stats.state);
  co_return BatchSummary{stats.files_processed, stats.total_records, stats.failed,
                         stats.dead_letters};
}

Task<BatchSummary> scheduled_batch(Context ctx, BatchInput input) {
  tw::ChildOptions options;
  options.id = batch_run_workflow_id(input.source, input.run);
  options.parent_close = tw::ParentClose::kAbandon;
  options.search_attributes = {
      {std::string(kAttributeSource), tw::keyword(input.source)},
      {std::string(kAttributePriority), tw::keyword(input.settings.priority)},
      {std::string(kAttributeStatus), tw::keyword(kStatusRunning)}};
  try {
    co_return co_await ctx.execute_child(kBatchProcessing, input, options);
  } catch (const temporal::ChildAlreadyStarted&) {
    co_return BatchSummary{};  // that one empties the folder
  }
}

}  // namespace gantry::workflows
