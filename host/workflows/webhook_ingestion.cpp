#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/workflows/definitions.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

struct Child {
  std::string id;
  DocumentIngestionInput input;
};

std::vector<Child> plan(const WebhookIngestionInput& input, std::vector<RecordRef> records) {
  std::vector<Child> children;
  const auto add = [&](std::string id, std::vector<RecordRef> part) {
    children.push_back(
        {std::move(id), {input.source, std::move(part), input.placement, input.priority}});
  };
  if (input.fanout == Fanout::kRecord) {
    for (auto& record : records) {
      std::string id = document_workflow_id(record.document_id, record.version);
      add(std::move(id), {std::move(record)});
    }
    return children;
  }
  const std::string parent = webhook_workflow_id(input.source, input.delivery_id);
  for (std::size_t first = 0; first < records.size(); first += kBatchRecordsMax) {
    const auto begin = records.begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t count = std::min(kBatchRecordsMax, records.size() - first);
    add(batch_workflow_id(parent, children.size()),
        {begin, begin + static_cast<std::ptrdiff_t>(count)});
  }
  return children;
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

tw::ChildOptions options_of(const Child& child) {
  tw::ChildOptions options;
  options.id = child.id;
  // A parent that an operator terminates takes no accepted record with it.
  options.parent_close = tw::ParentClose::kAbandon;
  options.id_reuse = tw::IdReuse::kAllowAfterFailure;
  options.search_attributes = {
      {std::string(kAttributeSource), tw::keyword(child.input.source)},
      {std::string(kAttributePriority), tw::keyword(child.input.priority)},
      {std::string(kAttributeDocumentId), tw::keyword(child.input.records.front().document_id)}};
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
Task<std::vector<RecordOutcome>> ingest_child(Context ctx, Child child) {
  std::string outcome;
  std::string reason;
  try {
    IngestionSummary summary =
        co_await ctx.execute_child(kDocumentIngestion, child.input, options_of(child));
    co_return summary.records;
  } catch (const temporal::ChildAlreadyStarted&) {
    outcome = "duplicate";
  } catch (const temporal::ChildFailure& failure) {
    if (temporal::is_cancellation(failure)) throw;
    outcome = "dead_letter";
    reason = root_cause(failure);
  }
  co_return outcomes_of(child.input.records, outcome, reason);
}

Task<std::vector<RecordOutcome>> ingest(Context ctx, Fanout fanout, Child child,
                                        tw::State<WebhookStatus> status) {
  std::vector<RecordOutcome> outcomes = fanout == Fanout::kInline
                                            ? co_await ingest_inline(ctx, child.input)
                                            : co_await ingest_child(ctx, child);
  for (const auto& one : outcomes) {
    ++status->finished;
    if (one.outcome == "dead_letter") ++status->dead_letters;
  }
  co_return outcomes;
}

Task<void> bury(Context ctx, WebhookIngestionInput input, std::string reason) {
  GiveUpInput lost{input.source, input.delivery_id, {}, std::move(reason)};
  co_await ctx.activity(kGiveUp, lost);
}

Fanout resolve(Fanout wanted, std::size_t records) {
  if (wanted != Fanout::kAuto) return wanted;
  return records == 1 ? Fanout::kInline : Fanout::kRecord;
}

Task<WebhookSummary> ingest_all(Context ctx, WebhookIngestionInput input, ParsedDelivery parsed,
                                tw::State<WebhookStatus> status) {
  auto outcomes =
      co_await tw::for_each_bounded(plan(input, std::move(parsed.records)), kChildrenInFlightMax,
                                    [ctx, status, fanout = input.fanout](const Child& child) {
                                      return ingest(ctx, fanout, child, status);
                                    });
  WebhookSummary summary{input.source, input.delivery_id, {}, status->dead_letters};
  for (auto& some : outcomes) std::ranges::move(some, std::back_inserter(summary.records));
  co_return summary;
}

}  // namespace

Task<WebhookSummary> webhook_ingestion(Context ctx, WebhookIngestionInput input) {
  auto status = ctx.state(WebhookStatus{input.source, input.delivery_id, "pending", 0, 0, 0});
  ctx.on_query(kGetWebhookStatus, status);

  ParsedDelivery parsed;
  std::shared_ptr<const temporal::Failure> failure;
  try {
    parsed = co_await step(ctx, input.placement.webhook_parse_local, kParseWebhookPayload, input);
  } catch (const temporal::Failure& thrown) {
    failure = thrown.share();
  }
  if (failure) {
    status->status = "failed";
    co_await tw::shielded(bury(ctx, input, root_cause(*failure)));
    failure->raise();
  }
  status->status = "parsed";
  status->records = static_cast<int>(parsed.records.size());
  status->dead_letters = parsed.dead_letters;
  input.fanout = resolve(input.fanout, parsed.records.size());
  if (input.fanout == Fanout::kInline && parsed.records.size() == 1) {
    ctx.upsert_search_attributes(
        {{std::string(kAttributeDocumentId), tw::keyword(parsed.records.front().document_id)}});
  }
  WebhookSummary summary = co_await ingest_all(ctx, input, parsed, status);
  status->status = "completed";
  co_return summary;
}

}  // namespace gantry::workflows
