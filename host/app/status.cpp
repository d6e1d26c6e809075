#include "host/app/status.hpp"

#include <algorithm>
#include <limits>
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
constexpr std::size_t kChildrenShown = 10;
/// Of a document on its way: whatever is stored is an earlier version.
constexpr std::int64_t kNotStoredYet = std::numeric_limits<std::int64_t>::max();

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
  if (client == nullptr || workflow_id.empty()) return std::nullopt;
  auto found = client->describe({workflow_id});
  if (!found) return std::nullopt;
  return std::move(*found);
}

/// The store that a message is about: its name begins it. Else `otherwise`.
std::string_view awaited(const StatusPorts& ports, std::string_view message,
                         std::string_view otherwise) {
  for (const auto& store : ports.stores) {
    if (message.starts_with(store + ": ")) return store;
  }
  return otherwise;
}

/// An activity that has not ended: what it waits for, how often it was tried, and when it is tried
/// again.
void add_waiting(const StatusPorts& ports, Json& status,
                 const temporal::PendingActivity& activity) {
  const std::string_view what = awaited(ports, activity.last_failure, activity.type);
  Json waiting{{"for", what}, {"activity", activity.type}, {"attempt", activity.attempt}};
  std::string detail = "attempt " + std::to_string(activity.attempt);
  if (activity.next_attempt_at) {
    const auto left = *activity.next_attempt_at - ports.clock.now();
    const auto seconds =
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count());
    waiting["next_try_at"] = to_rfc3339(*activity.next_attempt_at);
    detail += ", next try in " + std::to_string(seconds) + " s";
  }
  if (!activity.last_failure.empty()) {
    waiting["reason"] = activity.last_failure;
    detail += ": " + activity.last_failure;
  }
  add_step(status, "waiting for " + std::string(what), std::nullopt, detail);
  status["waiting"].push_back(std::move(waiting));
}

void add_workflow(const StatusPorts& ports, Json& status,
                  const temporal::WorkflowDescription& workflow) {
  status["workflow"] = {{"id", workflow.id},
                        {"run_id", workflow.run_id},
                        {"type", workflow.type},
                        {"status", temporal::to_string(workflow.status)},
                        {"history_events", workflow.history_events}};
  add_step(status, "workflow started", workflow.started_at, workflow.id);
  for (const auto& activity : workflow.pending_activities) add_waiting(ports, status, activity);
}

/// Work of the direct path that was tried and put off.
void add_held(const StatusPorts& ports, Json& status, const direct::Held& held) {
  status["path"] = "direct";
  if (held.tries == 0) return;
  const std::string_view what = awaited(ports, held.reason, "the direct path");
  add_step(status, "waiting for " + std::string(what), std::nullopt,
           "attempt " + std::to_string(held.tries) + ": " + held.reason);
  status["waiting"].push_back(
      {{"for", what}, {"activity", "direct"}, {"attempt", held.tries}, {"reason", held.reason}});
}

/// Quotes of a list filter cannot be escaped: an id with one is not asked about.
bool is_quotable(std::string_view id) {
  return id.find_first_of("'\"\\") == std::string_view::npos;
}

/// What the records of a delivery wait for that have workflows of their own.
void add_waiting_children(const StatusPorts& ports, Json& status, const std::string& parent) {
  if (!is_quotable(parent)) return;
  const auto children = ports.client()->list(
      "ParentWorkflowId = '" + parent + "' AND ExecutionStatus = 'Running'", kChildrenShown);
  if (!children) return;
  for (const auto& child : *children) {
    const auto described = ports.client()->describe({child.id, child.run_id});
    if (!described) continue;
    for (const auto& activity : described->pending_activities) add_waiting(ports, status, activity);
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
    add_workflow(ports, status, *workflow);
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

/// What each store holds of a document; one that is away says why.
void add_stores(const StatusPorts& ports, const std::string& id, Json& status) {
  stores::CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + kPatience;
  status["stores"] = Json::array();
  for (const stores::Store* store : ports.holders) {
    Json row{{"name", store->name()}};
    const auto stamps = store->look({&id, 1}, limits);
    if (!stamps) {
      row["error"] = stamps.error().message();
    } else {
      const stores::Stamp& stamp = stamps->front();
      row["present"] = stamp.present;
      if (stamp.present) row["version"] = stamp.version;
      if (stamp.deleted || stamp.purged) row["state"] = stamp.purged ? "purged" : "deleted";
    }
    status["stores"].push_back(std::move(row));
  }
}

struct Delivery {
  std::string id;  ///< "source/delivery".
  ingress::DeliveryStatus status;
};

/// The delivery that a workflow was started for; none where it is another kind's, or the inbox does
/// not know it (any more).
std::optional<Delivery> delivery_of(const StatusPorts& ports, std::string_view workflow_id) {
  for (const auto& source : ports.source_ids()) {
    const std::string prefix = webhook_workflow_id(source, {});
    if (!workflow_id.starts_with(prefix)) continue;
    const std::string delivery(workflow_id.substr(prefix.size()));
    if (const auto seen = ports.inbox.status(source, delivery)) {
      return Delivery{source + '/' + delivery, *seen};
    }
  }
  return std::nullopt;
}

/// The delivery or flow that brought the document: its workflow, or that workflow's parent.
void add_origin(const StatusPorts& ports, const std::string& workflow_id, Json& status) {
  std::string brought_by = workflow_id;
  if (!brought_by.starts_with("webhook:")) {
    const auto workflow = describe(ports, workflow_id);
    brought_by = workflow ? workflow->parent_id : std::string{};
  }
  if (brought_by.empty()) return;
  status["brought_by"] = brought_by;
  const auto delivery = delivery_of(ports, brought_by);
  if (!delivery) return;
  const ingress::DeliveryStatus& seen = delivery->status;
  status["delivery"] = {{"id", delivery->id}, {"received_at", to_rfc3339(seen.received_at)}};
  if (seen.started_at) status["delivery"]["started_at"] = to_rfc3339(*seen.started_at);
  if (seen.finished_at) status["delivery"]["staged_at"] = to_rfc3339(*seen.finished_at);
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
    if (record.outcome == "dead_letter") {
      any_dead = true;
      if (document["state"] == "pending") document["state"] = "dead_letter";
    }
    documents.push_back(std::move(document));
  }
  status["documents"] = std::move(documents);
  status["done"] = true;
  status["state"] = any_dead ? "dead_letter" : "completed";
}

/// The records that the direct path accounted for when it ended the delivery. Those it gave to
/// Temporal are followed there.
void add_account(const StatusPorts& ports, const ingress::DeliveryStatus& delivery, Json& status) {
  const auto account = parse_json(delivery.reason);
  if (!account || !account->contains("records")) return;
  bool all_done = true;
  bool any_dead = account->value("dead_letters", 0) > 0;
  Json documents = Json::array();
  for (const Json& record : account->at("records")) {
    const std::string id = text_at(record, "document_id").value_or("");
    const std::int64_t version = record.value("version", std::int64_t{0});
    const std::string path = text_at(record, "path").value_or("direct");
    const std::string outcome = text_at(record, "outcome").value_or("");
    Json document = document_status(
        ports, id, version, path == "temporal" ? document_workflow_id(id, version) : std::string(),
        delivery.finished_at);
    document["path"] = path;
    if (outcome == "dead_letter") {
      document["state"] = "dead_letter";
      document["done"] = true;
      document["error"] = {{"what", text_at(record, "reason").value_or("")}};
    }
    add_step(document, "outcome", std::nullopt, outcome);
    any_dead = any_dead || document["state"] == "dead_letter" || document["state"] == "failed";
    all_done = all_done && document["done"] == true;
    documents.push_back(std::move(document));
  }
  status["path"] = "direct";
  status["documents"] = std::move(documents);
  status["done"] = all_done;
  if (all_done) status["state"] = any_dead ? "dead_letter" : "completed";
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
    add_workflow(ports, status, *workflow);
    add_stages(ports, status, *workflow);
    if (workflow->status == WorkflowStatus::kRunning) {
      add_waiting_children(ports, status, workflow_id);
    }
  }
  switch (delivery.state) {
    case ingress::DeliveryState::kReceived:
      if (ports.direct != nullptr) {
        if (const auto held = ports.direct->job(source + '/' + id)) add_held(ports, status, *held);
      }
      break;
    case ingress::DeliveryState::kStarted:
      break;
    case ingress::DeliveryState::kDone:
      status["state"] = "parsed";
      if (delivery.reason.empty()) {
        add_step(status, "parsed", delivery.finished_at, "records are staged");
      } else {
        add_step(status, "written", delivery.finished_at, "by the direct path");
        add_account(ports, delivery, status);
      }
      break;
    case ingress::DeliveryState::kDead:
      status["state"] = "dead_letter";
      status["done"] = true;
      status["error"] = {{"what", delivery.reason}};
      add_step(status, "dead letter", delivery.finished_at, delivery.reason);
      return status;
  }
  if (workflow && workflow->closed_at && !status.contains("documents")) {
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

/// The workflow that handles, or last handled, a document.
std::string latest_workflow_of(const StatusPorts& ports, std::string_view id, bool running) {
  temporal::Client* client = ports.client();
  if (client == nullptr || !is_quotable(id)) return {};
  const auto found = client->list(
      "DocumentId = '" + std::string(id) + (running ? "' AND ExecutionStatus = 'Running'" : "'"),
      1);
  if (!found || found->empty()) return {};
  const std::string& workflow = found->front().id;
  if (!running) return workflow;
  // The list lags behind: what it calls running may have ended.
  const auto now = describe(ports, workflow);
  return now && now->status == WorkflowStatus::kRunning ? workflow : std::string{};
}

/// The workflow that wrote what is stored; empty for the direct path.
std::string writer_of(const StatusPorts& ports, const Document& document) {
  std::string own = document_workflow_id(document.id, document.version);
  if (describe(ports, own)) return own;
  // A delivery of one record, a batch or a page wrote it without a workflow of its own. Neither
  // another version's workflow nor an earlier delivery did.
  std::string latest = latest_workflow_of(ports, document.id, false);
  if (latest.starts_with(own.substr(0, own.rfind('@') + 1))) return {};
  const auto delivery = delivery_of(ports, latest);
  if (delivery && delivery->status.received_at < document.received_at) return {};
  return latest;
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
  auto trail = trail_of(ports, text);
  if (trail || trail.error().kind != ErrorKind::kNotFound) return trail;
  return Error{ErrorKind::kNotFound, "no delivery and no document has this id: " + text};
}

Result<Json> trail_of(const StatusPorts& ports, const std::string& id) {
  std::optional<std::int64_t> version = kNotStoredYet;
  std::string workflow = latest_workflow_of(ports, id, true);
  std::optional<stores::StoredDocument> stored;
  std::optional<direct::Held> held;
  if (workflow.empty() && ports.direct != nullptr) held = ports.direct->document(id);
  if (workflow.empty() && !held) {
    auto found = ports.documents.get(id, {});
    if (!found) return found.error();
    stored = std::move(*found);
    version.reset();
    if (stored) {
      version = stored->document.version;
      workflow = writer_of(ports, stored->document);
    } else {
      workflow = latest_workflow_of(ports, id, false);
      const auto lost = ports.direct != nullptr ? ports.direct->why_lost(id) : std::nullopt;
      if (workflow.empty() && !lost) {
        return Error{ErrorKind::kNotFound, "no document has the id " + id};
      }
      if (workflow.empty()) {
        Json status = blank(id, "document", "dead_letter");
        status["done"] = true;
        status["path"] = "direct";
        status["error"] = {{"what", *lost}};
        return status;
      }
    }
  }
  Json trail = document_status(ports, id, version, workflow);
  if (held) add_held(ports, trail, *held);
  if (stored) {
    trail["source"] = stored->document.source;
    trail["version"] = stored->document.version;
    trail["occurred_at"] = to_rfc3339(stored->document.occurred_at);
    trail["received_at"] = to_rfc3339(stored->document.received_at);
  }
  add_origin(ports, workflow, trail);
  add_stores(ports, id, trail);
  return trail;
}

}  // namespace gantry::app
