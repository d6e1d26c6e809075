#include "host/contracts/ingestion.hpp"

#include "host/contracts/fields.hpp"

namespace gantry {
namespace {

constexpr std::pair<Fanout, std::string_view> kFanouts[] = {{Fanout::kRecord, "record"},
                                                            {Fanout::kBatch, "batch"},
                                                            {Fanout::kInline, "inline"},
                                                            {Fanout::kAuto, "auto"}};

}  // namespace

using contracts::read;

void to_json(Json& out, const RecordRef& v) {
  out = {{"document_id", v.document_id}, {"version", v.version}, {"staging_key", v.staging_key}};
}
void from_json(const Json& in, RecordRef& v) {
  read(in, "document_id", v.document_id);
  read(in, "version", v.version);
  read(in, "staging_key", v.staging_key);
}

void to_json(Json& out, const Placement& v) {
  out = {{"parse_local", v.parse_local},
         {"entities_local", v.entities_local},
         {"embeddings_local", v.embeddings_local},
         {"write_local", v.write_local},
         {"webhook_parse_local", v.webhook_parse_local},
         {"patience_ms", v.patience.count()},
         {"status_attribute", v.status_attribute}};
}
void from_json(const Json& in, Placement& v) {
  read(in, "parse_local", v.parse_local);
  read(in, "entities_local", v.entities_local);
  read(in, "embeddings_local", v.embeddings_local);
  read(in, "write_local", v.write_local);
  read(in, "webhook_parse_local", v.webhook_parse_local);
  contracts::read_ms(in, "patience_ms", v.patience);
  read(in, "status_attribute", v.status_attribute);
}

void to_json(Json& out, const DocumentIngestionInput& v) {
  out = {{"source", v.source},
         {"records", v.records},
         {"placement", v.placement},
         {"priority", v.priority}};
  if (!v.letter.empty()) out["letter"] = v.letter;
}
void from_json(const Json& in, DocumentIngestionInput& v) {
  read(in, "letter", v.letter);
  read(in, "source", v.source);
  read(in, "records", v.records);
  read(in, "placement", v.placement);
  read(in, "priority", v.priority);
}

void to_json(Json& out, const RecordOutcome& v) {
  out = {{"document_id", v.document_id},
         {"version", v.version},
         {"outcome", v.outcome},
         {"reason", v.reason}};
}
void from_json(const Json& in, RecordOutcome& v) {
  read(in, "document_id", v.document_id);
  read(in, "version", v.version);
  read(in, "outcome", v.outcome);
  read(in, "reason", v.reason);
}

void to_json(Json& out, const IngestionSummary& v) {
  out = {{"records", v.records}, {"chunks", v.chunks}, {"entities", v.entities}};
}
void from_json(const Json& in, IngestionSummary& v) {
  read(in, "records", v.records);
  read(in, "chunks", v.chunks);
  read(in, "entities", v.entities);
}

void to_json(Json& out, const IngestionStatus& v) {
  out = {{"document_id", v.document_id},
         {"source", v.source},
         {"status", v.status},
         {"records", v.records}};
}
void from_json(const Json& in, IngestionStatus& v) {
  read(in, "document_id", v.document_id);
  read(in, "source", v.source);
  read(in, "status", v.status);
  read(in, "records", v.records);
}

void to_json(Json& out, const Fanout& v) {
  for (const auto& [value, name] : kFanouts) {
    if (value == v) out = name;
  }
}
void from_json(const Json& in, Fanout& v) {
  for (const auto& [value, name] : kFanouts) {
    if (in == name) v = value;
  }
}

void to_json(Json& out, const WebhookIngestionInput& v) {
  out = {{"source", v.source},
         {"delivery_id", v.delivery_id},
         {"fanout", v.fanout},
         {"placement", v.placement},
         {"priority", v.priority}};
  if (v.poll_now) out["poll_now"] = true;
  if (!v.home.empty()) out["home"] = v.home;
  if (!v.letter.empty()) out["letter"] = v.letter;
}
void from_json(const Json& in, WebhookIngestionInput& v) {
  read(in, "letter", v.letter);
  read(in, "source", v.source);
  read(in, "delivery_id", v.delivery_id);
  read(in, "fanout", v.fanout);
  read(in, "placement", v.placement);
  read(in, "priority", v.priority);
  read(in, "poll_now", v.poll_now);
  read(in, "home", v.home);
}

void to_json(Json& out, const ParsedDelivery& v) {
  out = {{"records", v.records}, {"dead_letters", v.dead_letters}};
}
void from_json(const Json& in, ParsedDelivery& v) {
  read(in, "records", v.records);
  read(in, "dead_letters", v.dead_letters);
}

void to_json(Json& out, const WebhookStatus& v) {
  out = {{"source", v.source},   {"delivery_id", v.delivery_id}, {"status", v.status},
         {"records", v.records}, {"finished", v.finished},       {"dead_letters", v.dead_letters}};
}
void from_json(const Json& in, WebhookStatus& v) {
  read(in, "source", v.source);
  read(in, "delivery_id", v.delivery_id);
  read(in, "status", v.status);
  read(in, "records", v.records);
  read(in, "finished", v.finished);
  read(in, "dead_letters", v.dead_letters);
}

void to_json(Json& out, const WebhookSummary& v) {
  out = {{"source", v.source},
         {"delivery_id", v.delivery_id},
         {"records", v.records},
         {"dead_letters", v.dead_letters}};
}
void from_json(const Json& in, WebhookSummary& v) {
  read(in, "source", v.source);
  read(in, "delivery_id", v.delivery_id);
  read(in, "records", v.records);
  read(in, "dead_letters", v.dead_letters);
}

void to_json(Json& out, const StageResult& v) {
  out = {{"documents", v.documents}, {"items", v.items}};
}
void from_json(const Json& in, StageResult& v) {
  read(in, "documents", v.documents);
  read(in, "items", v.items);
}

void to_json(Json& out, const GiveUpInput& v) {
  out = {{"source", v.source},
         {"delivery_id", v.delivery_id},
         {"records", v.records},
         {"reason", v.reason},
         {"priority", v.priority}};
  if (!v.home.empty()) out["home"] = v.home;
}
void from_json(const Json& in, GiveUpInput& v) {
  read(in, "home", v.home);
  read(in, "priority", v.priority);
  read(in, "source", v.source);
  read(in, "delivery_id", v.delivery_id);
  read(in, "records", v.records);
  read(in, "reason", v.reason);
}

std::string home_queue(std::string_view task_queue, std::string_view home) {
  return std::string(task_queue).append(1, '@').append(home);
}

std::string_view home_of(std::string_view staging_key) {
  const auto at = staging_key.find('@');
  return at == std::string_view::npos ? std::string_view() : staging_key.substr(at + 1);
}

std::string webhook_workflow_id(std::string_view source, std::string_view delivery_id) {
  return std::string("webhook:").append(source).append(1, ':').append(delivery_id);
}

std::string document_workflow_id(std::string_view document_id, std::int64_t version) {
  return std::string("doc:").append(document_id).append(1, '@') + std::to_string(version);
}

std::string batch_workflow_id(std::string_view parent_id, std::size_t chunk) {
  return std::string("docs:").append(parent_id).append(1, '#') + std::to_string(chunk);
}

}  // namespace gantry
