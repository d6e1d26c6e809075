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

Result<void> WorkflowStarter::start(std::string_view source, std::string_view delivery_id) {
  WebhookIngestionInput input;
  input.source = source;
  input.delivery_id = delivery_id;
  input.placement = placement_;
  const auto sources = sources_.now();
  if (const SourceSettings* settings = sources->settings(source)) {
    input.fanout = fanout_of(settings->config.fanout);
    input.placement.webhook_parse_local = !settings->may_call_vendor;
    input.poll_now = settings->has("gantry.poller/1");
  }
  temporal::StartOptions options;
  options.id = webhook_workflow_id(source, delivery_id);
  options.task_queue = task_queue_;
  options.closed = temporal::ClosedPolicy::kReject;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(input.priority)}};
  const auto started = client_.start(kWebhookIngestion, input, options);
  if (!started) return started.error();
  return {};
}

}  // namespace gantry::app
