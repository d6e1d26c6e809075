#include "host/workflows/fan_out.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/rollout/router.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

/// In their order, but those of one host together: a part is done where its records are.
std::vector<std::vector<RecordRef>> by_home(const std::vector<RecordRef>& records) {
  std::vector<std::vector<RecordRef>> out;
  for (const RecordRef& record : records) {
    const auto same = std::ranges::find_if(out, [&](const auto& some) {
      return home_of(some.front().staging_key) == home_of(record.staging_key);
    });
    (same == out.end() ? out.emplace_back() : *same).push_back(record);
  }
  return out;
}

std::vector<RecordOutcome> outcomes_of(const std::vector<RecordRef>& records,
                                       const std::string& outcome, const std::string& reason) {
  std::vector<RecordOutcome> outcomes;
  outcomes.reserve(records.size());
  for (const auto& record : records) {
    outcomes.push_back({record.document_id, record.version, outcome, reason});
  }
  return outcomes;
}

tw::ChildOptions options_of(const Part& part) {
  tw::ChildOptions options;
  options.id = part.id;
  // A parent that an operator terminates takes no accepted record with it.
  options.parent_close = tw::ParentClose::kAbandon;
  options.id_reuse = tw::IdReuse::kAllowAfterFailure;
  options.search_attributes = {
      {std::string(kAttributeSource), tw::keyword(part.input.source)},
      {std::string(kAttributePriority), tw::keyword(part.input.priority)},
      {std::string(kAttributeDocumentId), tw::keyword(part.input.records.front().document_id)},
      {std::string(kAttributeStatus), tw::keyword(kStatusPending)}};
  return options;
}

/// The stages of a part in this workflow, as a child would run them.
Task<std::vector<RecordOutcome>> ingest_inline(Context ctx, DocumentIngestionInput part) {
  std::string reason;
  try {
    IngestionSummary summary =
        co_await run_stages(ctx, part, ctx.state(IngestionStatus{{}, part.source, "pending", 0}));
    co_return summary.records;
  } catch (const temporal::Failure& failure) {
    reason = root_cause(failure);
  }
  co_await bury_records(ctx, part, reason);
  co_return outcomes_of(part.records, "dead_letter", reason);
}

/// One child and what became of its records. A child that fails has buried them itself.
Task<std::vector<RecordOutcome>> ingest_child(Context ctx, Part part) {
  std::string outcome;
  std::string reason;
  try {
    IngestionSummary summary =
        co_await ctx.execute_child(kDocumentIngestion, part.input, options_of(part));
    co_return summary.records;
  } catch (const temporal::ChildAlreadyStarted&) {
    outcome = "duplicate";
  } catch (const temporal::ChildFailure& failure) {
    if (temporal::is_cancellation(failure)) throw;
    outcome = "dead_letter";
    reason = root_cause(failure);
  }
  co_return outcomes_of(part.input.records, outcome, reason);
}

/// One step that writes makes the other stages' results itself and releases the staged copy.
Task<std::vector<RecordOutcome>> settle(
    Context ctx, DocumentIngestionInput part,
    ActivityType<DocumentIngestionInput, IngestionSummary> type) {
  std::string reason;
  try {
    IngestionSummary summary = co_await step(ctx, part.placement.write_local, Hang::kOutage,
                                             part.placement, type, part, ctx.state(std::string()));
    co_return summary.records;
  } catch (const temporal::Failure& failure) {
    reason = root_cause(failure);
  }
  co_await bury_records(ctx, part, reason);
  co_return outcomes_of(part.records, "dead_letter", reason);
}

Task<Tally> ingest_and_count(Context ctx, Fanout fanout, Part part) {
  const DocumentIngestionInput input = part.input;
  std::vector<RecordOutcome> outcomes;
  if (part.direct) {
    outcomes = co_await settle(ctx, input, kIngestDirectly);
  } else {
    outcomes = co_await ingest_part(ctx, fanout, std::move(part));
    if (!outcomes.empty() && outcomes.front().outcome == "duplicate") {
      outcomes = co_await settle(ctx, input, kWriteToDatabases);
    }
  }
  Tally tally;
  for (const auto& one : outcomes) {
    ++(one.outcome == "dead_letter" ? tally.dead_letters : tally.processed);
  }
  co_return tally;
}

Task<Tally> ingest_all(Context ctx, FanOut how, std::vector<RecordRef> records,
                       std::size_t in_flight) {
  const Fanout fanout = how.fanout;
  const auto tallies = co_await tw::for_each_bounded(
      parts_of(how, std::move(records)), in_flight,
      [ctx, fanout](const Part& part) { return ingest_and_count(ctx, fanout, part); });
  Tally all;
  for (const auto& one : tallies) {
    all.processed += one.processed;
    all.dead_letters += one.dead_letters;
  }
  co_return all;
}

}  // namespace

std::vector<Part> parts_of(const FanOut& how, std::vector<RecordRef> records) {
  std::vector<Part> parts;
  const auto add = [&](std::string id, std::vector<RecordRef> some, bool without_child) {
    parts.push_back(
        {std::move(id), {how.source, std::move(some), how.placement, how.priority}, without_child});
  };
  const auto add_chunks = [&](const std::vector<RecordRef>& all, bool without_child) {
    for (const auto& some : by_home(all)) {
      for (std::size_t first = 0; first < some.size(); first += kBatchRecordsMax) {
        const auto begin = some.begin() + static_cast<std::ptrdiff_t>(first);
        const std::size_t count = std::min(kBatchRecordsMax, some.size() - first);
        add(batch_workflow_id(how.prefix, parts.size()),
            {begin, begin + static_cast<std::ptrdiff_t>(count)}, without_child);
      }
    }
  };
  std::vector<RecordRef> direct;
  std::erase_if(records, [&](const RecordRef& record) {
    if (rollout::route(record.document_id, how.rollout) == rollout::Path::kTemporal) return false;
    direct.push_back(record);
    return true;
  });
  if (how.fanout == Fanout::kRecord) {
    for (auto& record : records) {
      std::string id = document_workflow_id(record.document_id, record.version);
      add(std::move(id), {std::move(record)}, false);
    }
  } else {
    add_chunks(records, false);
  }
  add_chunks(direct, true);
  return parts;
}

Task<std::vector<RecordOutcome>> ingest_part(Context ctx, Fanout fanout, Part part) {
  if (fanout == Fanout::kInline) co_return co_await ingest_inline(ctx, std::move(part.input));
  co_return co_await ingest_child(ctx, std::move(part));
}

Task<Tally> ingest_page(Context ctx, FanOut how, std::vector<RecordRef> records,
                        std::size_t in_flight) {
  if (records.empty()) co_return Tally{};
  co_return co_await tw::shielded(ingest_all(ctx, std::move(how), std::move(records), in_flight));
}

Fanout resolve_bulk(Fanout wanted) { return wanted == Fanout::kAuto ? Fanout::kBatch : wanted; }

Fanout resolve_poll(Fanout wanted, std::size_t records) {
  if (wanted != Fanout::kAuto) return wanted;
  if (records <= 1) return Fanout::kInline;
  return records <= kChildrenInFlightMax ? Fanout::kRecord : Fanout::kBatch;
}

}  // namespace gantry::workflows
