#include "host/activities/activities.hpp"

#include <nlohmann/json.hpp>

#include "host/activities/about.hpp"
#include "host/activities/failures.hpp"

namespace gantry::activities {
namespace {

using temporal::activity::Context;

stores::CallOptions options_of(const Context& context) {
  return {.deadline = {}, .cancelled = [&context] { return context.cancelled(); }};
}

plugins::CallScope scope_of(Context& context) {
  plugins::CallScope scope;
  scope.cancelled = [&context] { return context.cancelled(); };
  scope.progress = [&context] { context.heartbeat(); };
  return scope;
}

void log_items(const Context& context, std::string_view event, const StageResult& result) {
  context.log(temporal::LogLevel::kDebug, event,
              dump_json({{"documents", result.documents}, {"count", result.items}}));
}

std::string greet(Context& context, const std::string& name) {
  std::string greeting = "Hello, " + (name.empty() ? "World" : name) + "!";
  context.log(temporal::LogLevel::kInfo, "greeted", dump_json({{"greeting", greeting}}));
  return greeting;
}

/// What may be done here: work whose bytes lie on this host's disk.
class Here {
 public:
  explicit Here(std::string home) : home_(std::move(home)) {}

  void need(std::string_view home) const {
    if (!home_.empty() && !home.empty() && home != home_) throw elsewhere(home);
  }
  void need(const std::vector<RecordRef>& records) const {
    for (const RecordRef& record : records) need(home_of(record.staging_key));
  }

 private:
  const std::string home_;
};

IngestionSummary write(Stages& stages, const Context& context, const DocumentIngestionInput& input,
                       const Counters& counters, rollout::Path path) {
  const auto ids = about(input);
  auto written = stages.write(input, options_of(context), counters.told(path));
  if (!written && written.error().retryable() && counters.delayed) counters.delayed(input.source);
  IngestionSummary summary = value_or_throw(std::move(written));
  for (const auto& record : summary.records) {
    if (counters.record) counters.record(input.source, record.outcome);
    context.log(temporal::LogLevel::kInfo, "document_written",
                dump_json({{"document", record.document_id}, {"outcome", record.outcome}}));
  }
  return summary;
}

}  // namespace

void register_all(temporal::activity::Registry& registry, Stages& stages, WebhookParser& webhooks,
                  Counters counters, const std::string& home) {
  const Here here(home);
  registry.add(kGreet, greet);
  registry.add(kParseWebhookPayload,
               [&webhooks, counters, here](Context& context, WebhookIngestionInput input) {
                 const auto ids = about(input.source, input.delivery_id);
                 here.need(input.home);
                 ParsedDelivery parsed = value_or_throw(webhooks.parse(input, scope_of(context)));
                 for (const RecordRef& record : parsed.records) {
                   if (counters.decided)
                     counters.decided(rollout::Path::kTemporal, record.document_id);
                 }
                 context.log(temporal::LogLevel::kDebug, "webhook_parsed",
                             dump_json({{"source", input.source},
                                        {"delivery", input.delivery_id},
                                        {"records", parsed.records.size()},
                                        {"dead_letters", parsed.dead_letters}}));
                 return parsed;
               });
  registry.add(kParseDocument, [&stages, here](Context& context, DocumentIngestionInput input) {
    const auto ids = about(input);
    here.need(input.records);
    StageResult result = value_or_throw(stages.parse(input));
    log_items(context, "documents_parsed", result);
    return result;
  });
  registry.add(kExtractEntities, [&stages, here](Context& context, DocumentIngestionInput input) {
    const auto ids = about(input);
    here.need(input.records);
    StageResult result = value_or_throw(stages.extract(input));
    log_items(context, "entities_extracted", result);
    return result;
  });
  registry.add(kGenerateEmbeddings,
               [&stages, here](Context& context, DocumentIngestionInput input) {
                 const auto ids = about(input);
                 here.need(input.records);
                 StageResult result = value_or_throw(stages.embed(input));
                 log_items(context, "embeddings_generated", result);
                 return result;
               });
  registry.add(kWriteToDatabases,
               [&stages, counters, here](Context& context, const DocumentIngestionInput& input) {
                 here.need(input.records);
                 return write(stages, context, input, counters, rollout::Path::kTemporal);
               });
  // The last stage makes what the others would have made.
  registry.add(kIngestDirectly,
               [&stages, counters, here](Context& context, const DocumentIngestionInput& input) {
                 here.need(input.records);
                 return write(stages, context, input, counters, rollout::Path::kDirect);
               });
  registry.add(kGiveUp, [&stages, &webhooks, counters, here](Context& context, GiveUpInput input) {
    const auto ids = about(input.source, input.delivery_id);
    here.need(input.home);
    here.need(input.records);
    if (input.records.empty()) {
      value_or_throw(
          webhooks.give_up(input.source, input.delivery_id, input.reason, input.priority));
    } else {
      DocumentIngestionInput lost;
      lost.source = input.source;
      lost.records = input.records;
      lost.priority = input.priority;
      value_or_throw(stages.give_up(lost, input.reason, counters.told(rollout::Path::kTemporal)));
    }
    context.log(temporal::LogLevel::kWarn, "dead_letter",
                dump_json({{"source", input.source},
                           {"delivery", input.delivery_id},
                           {"records", input.records.size()},
                           {"reason", input.reason}}));
    if (counters.record) counters.record(input.source, "dead_letter");
    return StageResult{static_cast<int>(input.records.size()), 0};
  });
}

}  // namespace gantry::activities
