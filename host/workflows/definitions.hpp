#pragma once

#include <optional>
#include <string>

#include "host/contracts/batch.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/contracts/polling.hpp"
#include "host/contracts/streaming.hpp"
#include "host/temporal/workflow/workflow.hpp"

/// The workflow bodies; registered by register.cpp under the names of contracts/ingestion.hpp.
namespace gantry::workflows {

using std::chrono::milliseconds;
using temporal::workflow::Context;
using temporal::workflow::Task;

/// Greets through one retried activity: the smallest proof that a deployment works.
Task<std::string> greeting(Context ctx, std::string name);

/// parse → entities → embeddings → write, for one record or a batch. A record that can never be
/// read is a dead letter; where that leaves none, or a stage runs out of tries, the records are
/// buried and the workflow fails. A store or model that is away is waited for.
Task<IngestionSummary> document_ingestion(Context ctx, DocumentIngestionInput input);

/// A stored delivery: its records through the connector, then a child per record or batch, bounded.
/// A child that fails does not fail the others.
Task<WebhookSummary> webhook_ingestion(Context ctx, WebhookIngestionInput input);

/// fetch → children → sleep, for ever; the cursor moves once its records are in staging.
Task<FlowStats> polling(Context ctx, PollingInput input);

/// collect → children → acknowledge, until the stream ends or `stop` is signalled.
Task<FlowStats> stream_ingestion(Context ctx, StreamInput input);

/// Claims files until none waits; each is read page by page, and archived or rejected.
Task<BatchSummary> batch_processing(Context ctx, BatchInput input);

/// One run of that as a child, unless one is open already. Ends as it ends.
Task<BatchSummary> scheduled_batch(Context ctx, BatchInput input);

using StageStatus = temporal::workflow::State<IngestionStatus>;

/// The four stages over the records of `input`; throws the Failure of the stage that ran out of
/// tries, with nothing buried yet.
Task<IngestionSummary> run_stages(Context ctx, DocumentIngestionInput input, StageStatus status);

/// Gives up on records, out of reach of cancellation: they become dead letters.
Task<void> bury_records(Context ctx, DocumentIngestionInput input, std::string reason);

/// What it means that a step took too long, or that its worker died over it, each time.
enum class Hang {
  kFault,   ///< The input does that: given up on.
  kOutage,  ///< The other side does: waited for.
};

/// True where `failure` tells of something that is away and may come back: a store, a model, a
/// vendor, this host while it drains.
bool is_outage(const temporal::Failure& failure, Hang hang);

/// The same activity for somebody who waits: without an end to its tries, `patience` long.
ActivityPolicy patient(ActivityPolicy policy, milliseconds patience);

/// Makes `status` the search attribute Status, where the start of this workflow asked for that.
void show_status(Context ctx, const Placement& at, std::string_view status);

/// The queue of the host that has what a workflow is about; empty until some step that ran on
/// another one said so.
using Home = temporal::workflow::State<std::string>;

/// The host that `failure` (kElsewhere) names; empty for any other.
std::string home_in(const temporal::Failure& failure);

/// Runs an activity beside the workflow (local) or as one of its own, with the tries that its type
/// says; where it needs another host's disk, as one of its own on that host; where the tries end in
/// an outage, again as one of its own, until it is over. Throws the Failure of the last try.
template <class A, class R>
Task<R> step(Context ctx, bool local, Hang hang, Placement at, ActivityType<A, R> type, A argument,
             Home home) {
  using temporal::workflow::attempt;
  std::optional<ActivityPolicy> waiting;  // instead of the type's own
  local = local && home->empty();
  while (true) {
    auto trying =
        local ? attempt(ctx.local_activity(type, argument))
              : attempt(ctx.activity(type, argument, {.policy = waiting, .task_queue = *home}));
    auto tried = co_await std::move(trying);
    if (tried) {
      if (waiting) show_status(ctx, at, kStatusRunning);
      co_return std::move(tried).value();
    }
    local = false;
    const std::string there = home->empty() ? home_in(tried.failure()) : std::string();
    if (!there.empty()) {
      *home = home_queue(ctx.info().task_queue, there);
      // Asked where it matters only, so that a run without an outage has no marker.
    } else if (!waiting && is_outage(tried.failure(), hang) && ctx.patched("wait-for-outages")) {
      show_status(ctx, at, kStatusWaiting);
      waiting = patient(type.policy, at.patience);
    } else {
      tried.failure().raise();
    }
  }
}

/// Why a stage failed, as an operator reads it: the innermost cause.
std::string root_cause(const temporal::Failure& failure);

}  // namespace gantry::workflows
