#include "host/app/deliveries.hpp"

#include <nlohmann/json.hpp>

namespace gantry::app {

Fanout fanout_of(config::Fanout configured) {
  switch (configured) {
    case config::Fanout::kAuto:
      return Fanout::kAuto;
    case config::Fanout::kRecord:
      return Fanout::kRecord;
    case config::Fanout::kBatch:
      return Fanout::kBatch;
    case config::Fanout::kInline:
      return Fanout::kInline;
  }
  return Fanout::kRecord;
}

WebhookIngestionInput webhook_input(const Sources& sources, Placement placement,
                                    std::string_view source, std::string_view delivery_id) {
  WebhookIngestionInput input;
  input.source = source;
  input.delivery_id = delivery_id;
  input.placement = placement;
  const auto now = sources.now();
  if (const SourceSettings* settings = now->settings(source)) {
    input.fanout = fanout_of(settings->config.fanout);
    input.placement.webhook_parse_local = !settings->may_call_vendor;
    input.poll_now = settings->has("gantry.poller/1");
  }
  return input;
}

Result<temporal::WorkflowHandle> start_document(temporal::Client& client,
                                                const std::string& task_queue,
                                                const DocumentIngestionInput& input,
                                                temporal::ClosedPolicy closed) {
  const RecordRef& record = input.records.front();
  temporal::StartOptions options;
  options.id = document_workflow_id(record.document_id, record.version);
  options.task_queue = task_queue;
  options.closed = closed;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(input.source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(input.priority)},
      {std::string(kAttributeDocumentId), temporal::keyword_attribute(record.document_id)},
      {std::string(kAttributeStatus), temporal::keyword_attribute(kStatusPending)}};
  return client.start(kDocumentIngestion, input, options);
}

Result<Start> WorkflowStarter::start(std::string_view source, std::string_view delivery_id) {
  WebhookIngestionInput input = webhook_input(sources_, placement_, source, delivery_id);
  input.home = home_;
  const auto started = start(input, temporal::ClosedPolicy::kReject);
  if (!started) return started.error();
  return Start::kDone;
}

Result<std::string> WorkflowStarter::start_again(std::string_view source,
                                                 std::string_view delivery_id,
                                                 std::string_view letter) {
  WebhookIngestionInput input = webhook_input(sources_, placement_, source, delivery_id);
  input.letter = letter;
  input.home = home_;
  return start(input, temporal::ClosedPolicy::kAllow);
}

Result<std::string> WorkflowStarter::start(const WebhookIngestionInput& input,
                                           temporal::ClosedPolicy closed) {
  temporal::StartOptions options;
  options.id = webhook_workflow_id(input.source, input.delivery_id);
  options.task_queue = task_queue_;
  options.closed = closed;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(input.source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(input.priority)},
      {std::string(kAttributeStatus), temporal::keyword_attribute(kStatusPending)}};
  const auto started = client_.start(kWebhookIngestion, input, options);
  if (!started) return started.error();
  return started->id;
}

Result<Start> PathStarter::start(std::string_view source, std::string_view delivery_id) {
  const bool all = rollout_.percentage() == 100 && source != direct::kQueue;
  if (all && (!rollout_.divert() || rollout_.ask_temporal())) {
    const auto started = start_workflow(source, delivery_id);
    if (started || !started.error().retryable() || !rollout_.divert()) return started;
  }
  return direct_.deliver(source, delivery_id);
}

Result<Start> PathStarter::start_workflow(std::string_view source, std::string_view delivery_id) {
  WorkflowStarter* workflows = workflows_();
  const Result<Start> started =
      workflows != nullptr
          ? workflows->start(source, delivery_id)
          : Result<Start>(Error{ErrorKind::kUnavailable, "Temporal is not connected yet"});
  rollout_.heard(started ? std::nullopt : std::optional(started.error()));
  return started;
}

}  // namespace gantry::app
