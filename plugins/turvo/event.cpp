#include "event.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/peek.hpp>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/time.hpp>

namespace gantry::turvo {
namespace {

using sdk::Failure;
using sdk::Json;

/// Where bodies have been seen to carry the id, best first.
constexpr std::string_view kIdPaths[] = {
    "/eventPayload/id", "/eventPayload/shipmentId", "/shipmentId", "/shipment_id",
    "/data/shipmentId", "/data/shipment_id",        "/data/id",    "/id"};

void append(std::string& to, std::string_view text) {
  if (text.empty()) return;
  if (!to.empty()) to += ' ';
  to += text;
}

const Json& payload_of(const Json& body) {
  return body["eventPayload"].is_object() ? body["eventPayload"] : body["data"];
}

Json rest_of(const Json& body, const Json& payload) {
  Json rest = Json::object();
  for (const auto& [key, value] : body.members()) {
    if (key != "tenantId" && key != "eventName" && key != "eventTime" && &value != &payload) {
      rest.set_if(key, value);
    }
  }
  for (const auto& [key, value] : payload.members()) {
    if (key != "id" && key != "status") rest.set_if(key, value);
  }
  return sdk::redact_bank_numbers(rest);
}

}  // namespace

std::string EventName::delivery_id(const sdk::Host& host) const {
  if (event.empty() || entity_id.empty() || time.empty()) return {};
  const auto hash =
      host.digest(sdk::Hash::kSha256, {tenant, "|", event, "|", entity_id, "|", time});
  return sdk::to_hex(hash.view());
}

EventName peek_event(std::string_view body) {
  const auto found = sdk::peek_texts(
      body, {"/tenantId", "/eventName", "/eventTime", kIdPaths[0], kIdPaths[1], kIdPaths[2],
             kIdPaths[3], kIdPaths[4], kIdPaths[5], kIdPaths[6], kIdPaths[7]});
  if (!found) return {};
  EventName name{(*found)[0], (*found)[1], {}, (*found)[2]};
  for (std::size_t i = 3; i < found->size() && name.entity_id.empty(); ++i) {
    name.entity_id = (*found)[i];
  }
  return name;
}

std::string shipment_of(const EventName& name) {
  return name.event.starts_with("SHIPMENT") && name.entity_id.size() <= 512 ? name.entity_id
                                                                            : std::string();
}

sdk::Record map_event(const sdk::Host& host, std::string_view text) {
  const Json body = Json::parse(text);
  if (!body.is_object()) throw Failure(sdk::Status::kData, "the body is no JSON object");
  const EventName name = peek_event(text);
  const Json& payload = payload_of(body);
  const Json& code = payload["status"]["code"];
  const std::string shipment = shipment_of(name);
  const std::string_view status = code["value"].text();

  sdk::Record record;
  record.raw = text;
  if (!shipment.empty() && code.is_object()) {
    record.kind = "shipment_status";
    record.key = shipment;
  } else {
    record.kind = "turvo_event";
    record.key = name.delivery_id(host);
    if (record.key.empty()) {
      record.key = sdk::to_hex(host.digest(sdk::Hash::kSha256, {text}).view());
    }
  }
  const std::string_view load = payload["load"]["id"].text();
  record.title = shipment.empty() ? "Turvo" : "Shipment";
  append(record.title, load.empty() ? std::string_view(name.entity_id) : load);
  append(record.title, status.empty() ? std::string_view(name.event) : status);
  record.text = name.event;
  append(record.text, name.entity_id);
  append(record.text, load);
  append(record.text, status);

  Json metadata = Json::object();
  metadata.set_if("tenant_id", name.tenant);
  metadata.set_if("event_name", name.event);
  metadata.set_if("event_time", name.time);
  metadata.set_if("shipment_id", shipment);
  metadata.set_if("load_id", load);
  metadata.set_if("status_key", code["key"].text());
  metadata.set_if("status", status);
  // Deliveries come in any order: the event's own time says which status is the newest.
  if (const auto time = sdk::read_timestamp(name.time)) {
    record.occurred_at_ns = time->ns;
    record.version = time->ns > 0 ? time->ns : 0;
    metadata.set_if("tz", time->zone);
  }
  Json rest = rest_of(body, payload);
  if (!code.is_object()) rest.set_if("status", sdk::redact_bank_numbers(payload["status"]));
  metadata.set_if("extra", std::move(rest));
  record.metadata = metadata.dump();
  record.participants = "[]";
  return record;
}

}  // namespace gantry::turvo
