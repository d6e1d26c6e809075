#include <nlohmann/json.hpp>

#include "host/workflows/definitions.hpp"

namespace gantry::workflows {
namespace {

Task<void> give_up(Context ctx, Placement at, GiveUpInput lost) {
  co_await step(ctx, false, Hang::kFault, at, kGiveUp, lost, ctx.state(std::string()));
}

}  // namespace

Task<IngestionSummary> run_stages(Context ctx, DocumentIngestionInput input, StageStatus status) {
  const Placement at = input.placement;
  const Home home = ctx.state(std::string());
  // A local step comes at once: nobody could find what is said in between.
  const auto reached = [&](std::string_view what, bool next_local) {
    status->status = what;
    if (!next_local) show_status(ctx, at, what);
  };
  co_await step(ctx, at.parse_local, Hang::kFault, at, kParseDocument, input, home);
  reached("parsed", at.entities_local);
  co_await step(ctx, at.entities_local, Hang::kOutage, at, kExtractEntities, input, home);
  reached("entities_extracted", at.embeddings_local);
  co_await step(ctx, at.embeddings_local, Hang::kOutage, at, kGenerateEmbeddings, input, home);
  reached("embeddings_generated", at.write_local);
  IngestionSummary summary =
      co_await step(ctx, at.write_local, Hang::kOutage, at, kWriteToDatabases, input, home);
  status->status = "completed";
  co_return summary;
}

Task<void> bury_records(Context ctx, DocumentIngestionInput input, std::string reason) {
  GiveUpInput lost{input.source, {}, input.records, std::move(reason), input.priority};
  co_await temporal::workflow::shielded(give_up(ctx, input.placement, std::move(lost)));
}

Task<IngestionSummary> document_ingestion(Context ctx, DocumentIngestionInput input) {
  auto status = ctx.state(
      IngestionStatus{input.records.empty() ? std::string{} : input.records.front().document_id,
                      input.source, "pending", static_cast<int>(input.records.size())});
  ctx.on_query(kGetStatus, status);

  std::shared_ptr<const temporal::Failure> failure;
  try {
    IngestionSummary summary = co_await run_stages(ctx, input, status);
    show_status(ctx, input.placement, status->status);
    co_return summary;
  } catch (const temporal::Failure& thrown) {
    failure = thrown.share();
  }
  status->status = "failed";
  show_status(ctx, input.placement, status->status);
  co_await bury_records(ctx, input, root_cause(*failure));
  failure->raise();
}

}  // namespace gantry::workflows
