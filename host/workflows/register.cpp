#include "host/workflows/definitions.hpp"
#include "host/workflows/workflows.hpp"

namespace gantry::workflows {

std::string root_cause(const temporal::Failure& failure) {
  const temporal::Failure* at = &failure;
  while (at->cause) at = at->cause.get();
  return at->message;
}

void register_all(temporal::workflow::Registry& registry) {
  registry.add(kGreeting, greeting);
  registry.add(kDocumentIngestion, document_ingestion);
  registry.add(kWebhookIngestion, webhook_ingestion);
  registry.add(kPolling, polling);
  registry.add(kStreamIngestion, stream_ingestion);
  registry.add(kBatchProcessing, batch_processing);
  registry.add(kScheduledBatch, scheduled_batch);
}

}  // namespace gantry::workflows
