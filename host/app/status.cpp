#include "host/app/status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/time.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/client/activity_ends.hpp"
#include "host/temporal/converter/failure.hpp"

namespace gantry::app {
namespace {

using temporal::WorkflowStatus;

constexpr std::chrono::milliseconds kPatience{5'000};
/// A longer history is a large delivery's: what became of its records says more than its steps.
constexpr std::int64_t kHistoryEventsShown = 300;

void add_step(Json& status, std::string_view name, std::optional<Instant> at,
              std::string_view detail = {}) {
  Json step{{"name", name}};
  if (at) step["at"] = to_rfc3339(*at);
  if (!detail.empty()) step["detail"] = detail;
  status["steps"].push_back(std::move(step));
}

Json blank(std::string_view id, std::string_view kind, std::string_view state) {
  return {{"id", id}, {"kind", kind}, {"state", state}, {"done", false}, {"steps", Json::array()}};
}

std::optional<temporal::WorkflowDescription> describe(const StatusPorts& ports,
                                                      const std::string& workflow_id) {
  temporal::Client* client = ports.client();
  if (client == nullptr) return std::nullopt;
  auto found = client->describe({workflow_id});
  if (!found) return std::nullopt;
  return std::move(*found);
}

void add_workflow(Json& status, const temporal::WorkflowDescription& workflow) {
  status["workflow"] = {{"id", workflow.id},
                        {"run_id", workflow.run_id},
                        {"type", workflow.type},
                        {"status", temporal::to_string(workflow.status)},
                        {"history_events", workflow.history_events}};
  add_step(status, "workflow started", workflow.started_at, workflow.id);
  for (const auto& activity : workflow.pending_activities) {
    add_step(status, "waiting for " + activity.type, std::nullopt,
             "try " + std::to_string(activity.attempt) +
                 (activity.last_failure.empty() ? "" : ": " + activity.last_failure));
  }
}

/// The stages that the workflow has ended, with their times. Its history says so as long as the
/// server keeps it; a stage that runs as a local activity is told by its marker.
void add_stages(const StatusPorts& ports, Json& status,
                const temporal::WorkflowDescription& workflow) {
  if (workflow.history_events > kHistoryEventsShown) return;
  const auto history = ports.client()->fetch_history({workflow.id, workflow.run_id});
  if (!history) return;
  const auto ends = temporal::activity_ends(*history);
  if (!ends) return;
  for (const auto& end : *ends) {
    std::string detail = end.local ? "local" : "activity";
    if (end.attempt > 1) detail += ", try " + std::to_string(end.attempt);
    if (end.failed) detail += ", failed";
    add_step(status, end.type, end.at, detail);
  }
}

/// Why a workflow failed: the last cause, which is the words of whoever could not go on.
void add_reason(const StatusPorts& ports, Json& status,
                const temporal::WorkflowDescription& workflow) {
  const auto outcome = ports.client()->result({workflow.id, workflow.run_id}, kPatience);
  if (!outcome || !outcome->failure) return;
  const temporal::Failure* last = outcome->failure.get();
  while (last->cause) last = last->cause.get();
  status["error"] = {{"what", last->message}};
}

/// A document by id; `version` where the caller knows which one is meant.
Json document_status(const StatusPorts& ports, const std::string& id,
                     std::optional<std::int64_t> version, const std::string& workflow_id,
                     std::optional<Instant> written_by = {}) {
  Json status = blank(id, "document", "pending");
  const auto workflow = describe(ports, workflow_id);
  if (workflow) {
    add_workflow(status, *workflow);
    add_stages(ports, status, *workflow);
    if (workflow->status == WorkflowStatus::kRunning) {
      const auto stage = ports.client()->query({workflow->id}, kGetStatus);
      if (stage) status["state"] = stage->status;
    }
  }
  const auto stored = ports.documents.get(id, {});
  if (stored && *stored && (!version || (*stored)->document.version >= *version)) {
    const Document& document = (*stored)->document;
    status["state"] = "completed";
    status["done"] = true;
    if (!workflow) add_step(status, "received", document.received_at);
    add_step(status, "written", workflow ? workflow->closed_at : written_by,
             document.deleted ? "tombstone" : document.title);
  } else if (workflow && workflow->closed_at) {
    status["state"] = workflow->status == WorkflowStatus::kCompleted ? "completed" : "failed";
    status["done"] = true;
    add_step(status, "ended", workflow->closed_at, temporal::to_string(workflow->status));
    if (workflow->status == WorkflowStatus::kFailed) add_reason(ports, status, *workflow);
  }
  return status;
}

/// `closed_at` is when the delivery's own workflow ended: it wrote the records that have none.
void add_documents(const StatusPorts& ports, const std::string& workflow_id,
                   std::optional<Instant> closed_at, Json& status) {
  const auto outcome = ports.client()->result(kWebhookIngestion, {workflow_id}, kPatience);
  if (!outcome || !outcome->value) return;
  bool any_dead = outcome->value->dead_letters > 0;
  Json documents = Json::array();
  for (const auto& record : outcome->value->records) {
    Json document =
        document_status(ports, record.document_id, record.version,
                        document_workflow_id(record.document_id, record.version), closed_at);
    add_step(document, "outcome", std::nullopt, record.outcome);
    any_dead = any_dead || record.outcome == "dead_letter";
    documents.push_back(std::move(document));
  }
  status["documents"] = std::move(documents);
  status["done"] = true;
  status["state"] = any_dead ? "dead_letter" : "completed";
}

Json delivery_status(const StatusPorts& ports, const std::string& source, const std::string& id,
                     const ingress::DeliveryStatus& seen) {
  // The inbox is asked after the workflow: what a closed one did stands there by then.
  const std::string workflow_id = webhook_workflow_id(source, id);
  const auto workflow = describe(ports, workflow_id);
  const auto now = ports.inbox.status(source, id);
  const ingress::DeliveryStatus& delivery = now ? *now : seen;
  Json status = blank(source + "/" + id, "delivery", "received");
  add_step(status, "received", delivery.received_at, "stored before the sender was answered");
  if (delivery.started_at) {
    status["state"] = "started";
    add_step(status, "started", delivery.started_at);
  }
  if (workflow) {
    add_workflow(status, *workflow);
    add_stages(ports, status, *workflow);
  }
  switch (delivery.state) {
    case ingress::DeliveryState::kReceived:
    case ingress::DeliveryState::kStarted:
      break;
    case ingress::DeliveryState::kDone:
      status["state"] = "parsed";
      add_step(status, "parsed", delivery.finished_at, "records are staged");
      break;
    case ingress::DeliveryState::kDead:
      status["state"] = "dead_letter";
      status["done"] = true;
      status["error"] = {{"what", delivery.reason}};
      add_step(status, "dead letter", delivery.finished_at, delivery.reason);
      return status;
  }
  if (workflow && workflow->closed_at) {
    if (workflow->status == WorkflowStatus::kCompleted) {
      add_documents(ports, workflow_id, workflow->closed_at, status);
    } else {
      status["state"] = "failed";
      status["done"] = true;
    }
    add_step(status, "ended", workflow->closed_at, temporal::to_string(workflow->status));
  }
  return status;
}

/// The workflow that handles, or last handled, a document that is not stored.
std::string latest_workflow_of(const StatusPorts& ports, std::string_view id) {
  temporal::Client* client = ports.client();
  if (client == nullptr || id.find_first_of("'\"\\") != std::string_view::npos) return {};
  const auto found = client->list("DocumentId = '" + std::string(id) + "'", 1);
  return found && !found->empty() ? found->front().id : std::string{};
}

}  // namespace

Result<Json> status_of(const StatusPorts& ports, std::string_view id) {
  const std::string text(id);
  const auto slash = text.find('/');
  for (const auto& source : ports.source_ids()) {
    std::string delivery = text;
    if (slash != std::string::npos && text.substr(0, slash) == source) {
      delivery = text.substr(slash + 1);
    }
    if (auto found = ports.inbox.status(source, delivery)) {
      return delivery_status(ports, source, delivery, *found);
    }
  }
  const auto stored = ports.documents.get(text, {});
  if (!stored) return stored.error();
  if (*stored) {
    const std::int64_t version = (*stored)->document.version;
    return document_status(ports, text, version, document_workflow_id(text, version));
  }
  if (const std::string workflow = latest_workflow_of(ports, id); !workflow.empty()) {
    return document_status(ports, text, std::nullopt, workflow);
  }
  return Error{ErrorKind::kNotFound, "no delivery and no document has this id: " + text};
}

}  // namespace gantry::app
