#include <algorithm>

#include "host/workflows/definitions.hpp"
#include "host/workflows/workflows.hpp"

namespace gantry::workflows {

std::string root_cause(const temporal::Failure& failure) {
  const temporal::Failure* at = &failure;
  while (at->cause) at = at->cause.get();
  return at->message;
}

std::string home_in(const temporal::Failure& failure) {
  const auto* told = temporal::find_failure<temporal::ApplicationFailure>(failure);
  if (told == nullptr || told->type != kElsewhere || told->details.empty()) return {};
  return temporal::from_payload<std::string>(told->details.front());
}

bool is_outage(const temporal::Failure& failure, Hang hang) {
  if (const auto* told = temporal::find_failure<temporal::ApplicationFailure>(failure)) {
    // The kinds of base/error.hpp that a later try may mend, the categories of the plugin contract
    // likewise, and a worker's word for a drain.
    constexpr std::string_view kPassing[] = {"unavailable", "timeout",       "exhausted",
                                             "cancelled",   "TRANSIENT",     "RATE_LIMITED",
                                             "CANCELLED",   "NOT_CONNECTED", "Cancelled"};
    return !told->non_retryable && std::ranges::find(kPassing, told->type) != std::end(kPassing);
  }
  return hang == Hang::kOutage &&
         temporal::find_failure<temporal::TimeoutFailure>(failure) != nullptr;
}

void show_status(Context ctx, const Placement& at, std::string_view status) {
  if (!at.status_attribute) return;
  ctx.upsert_search_attributes(
      {{std::string(kAttributeStatus), temporal::workflow::keyword(status)}});
}

ActivityPolicy patient(ActivityPolicy policy, milliseconds patience) {
  policy.retry = kPatientRetry;
  policy.schedule_to_close = patience;
  return policy;
}

void register_all(temporal::workflow::Registry& registry) {
  registry.add(kGreeting, greeting);
  registry.add(kDocumentIngestion, document_ingestion);
  registry.add(kWebhookIngestion, webhook_ingestion);
  // These two never end: they move to the build that is current. The others end on their own.
  registry.add(kPolling, polling, temporal::workflow::Versioning::kAutoUpgrade);
  registry.add(kStreamIngestion, stream_ingestion, temporal::workflow::Versioning::kAutoUpgrade);
  registry.add(kBatchProcessing, batch_processing);
  registry.add(kScheduledBatch, scheduled_batch);
}

}  // namespace gantry::workflows
