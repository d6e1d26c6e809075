#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/contracts/polling.hpp"
#include "host/workflows/definitions.hpp"
#include "host/workflows/fan_out.hpp"

namespace gantry::workflows {
namespace {

namespace tw = temporal::workflow;

FanOut fan_out_of(const WebhookIngestionInput& input) {
  return {input.fanout, webhook_workflow_id(input.source, input.delivery_id), input.source,
          input.placement, input.priority};
}

Task<std::vector<RecordOutcome>> ingest(Context ctx, Fanout fanout, Part part,
                                        tw::State<WebhookStatus> status) {
  std::vector<RecordOutcome> outcomes = co_await ingest_part(ctx, fanout, std::move(part));
  for (const auto& one : outcomes) {
    ++status->finished;
    if (one.outcome == "dead_letter") ++status->dead_letters;
  }
  co_return outcomes;
}

/// A source that is not polled, or not yet, needs no word.
Task<void> ask_for_poll(Context ctx, std::string source) {
  const auto told = co_await tw::attempt(
      ctx.external({.workflow_id = poll_workflow_id(source)}).signal(kPollNow, {}));
  if (!told) ctx.log(tw::LogLevel::kDebug, "nobody_polls", {{"source", source}});
}

Task<void> bury(Context ctx, WebhookIngestionInput input, std::string reason) {
  GiveUpInput lost{input.source,      input.delivery_id, {},
                   std::move(reason), input.priority,    input.home};
  co_await step(ctx, false, Hang::kFault, input.placement, kGiveUp, lost, ctx.state(std::string()));
}

Fanout resolve(Fanout wanted, std::size_t records) {
  if (wanted != Fanout::kAuto) return wanted;
  return records == 1 ? Fanout::kInline : Fanout::kRecord;
}

Task<WebhookSummary> ingest_all(Context ctx, WebhookIngestionInput input, ParsedDelivery parsed,
                                tw::State<WebhookStatus> status) {
  auto outcomes = co_await tw::for_each_bounded(
      parts_of(fan_out_of(input), std::move(parsed.records)), kChildrenInFlightMax,
      [ctx, status, fanout = input.fanout](const Part& part) {
        return ingest(ctx, fanout, part, status);
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
    parsed = co_await step(ctx, input.placement.webhook_parse_local, Hang::kFault, input.placement,
                           kParseWebhookPayload, input, ctx.state(std::string()));
  } catch (const temporal::Failure& thrown) {
    failure = thrown.share();
  }
  if (failure) {
    status->status = "failed";
    show_status(ctx, input.placement, status->status);
    co_await tw::shielded(bury(ctx, input, root_cause(*failure)));
    failure->raise();
  }
  status->status = "parsed";
  status->records = static_cast<int>(parsed.records.size());
  status->dead_letters = parsed.dead_letters;
  // One that brings records of its own has said what is new.
  if (input.poll_now && parsed.records.empty()) co_await ask_for_poll(ctx, input.source);
  input.fanout = resolve(input.fanout, parsed.records.size());
  if (input.fanout != Fanout::kInline) show_status(ctx, input.placement, status->status);
  if (input.fanout == Fanout::kInline && parsed.records.size() == 1) {
    ctx.upsert_search_attributes(
        {{std::string(kAttributeDocumentId), tw::keyword(parsed.records.front().document_id)}});
  }
  WebhookSummary summary = co_await ingest_all(ctx, input, parsed, status);
  status->status = "completed";
  show_status(ctx, input.placement, status->status);
  co_return summary;
}

}  // namespace gantry::workflows
