#include "webhook.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/peek.hpp>
#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/signature.hpp>
#include <gantry/sdk/time.hpp>

#include "alert.hpp"

namespace gantry::sonar {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;
using sdk::Verdict;

constexpr std::size_t kDeliveryIdMax = 256;
constexpr std::int64_t kNsPerDay = 86'400'000'000'000;

std::string hash_of(const sdk::Host& host, std::string_view body) {
  return sdk::to_hex(host.digest(sdk::Hash::kSha256, {body}).view());
}

sdk::Objection check(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  if (settings.flavour != Flavour::kSonarQube) return settings.scheme.check(host, request);
  std::string_view signature;
  if (auto no = sdk::take_header(request, kSonarQubeHeader, "signature", signature)) return no;
  const auto mac = sdk::from_hex(signature);
  if (!mac) return "signature_malformed";
  return sdk::check_hmac(host, kWebhookSecret, sdk::Hash::kSha256, {request.body()}, *mac);
}

Record relay_record(const sdk::Host& host, std::string_view raw, const Json& body) {
  Alert alert;
  const auto text = [&](const char* key) { return std::string(body[key].text()); };
  alert.id = text("alert_id");
  if (alert.id.empty() || alert.id.size() > 512) alert.id = hash_of(host, raw);
  alert.description = text("alert_description");
  alert.severity = text("severity");
  alert.timestamp = text("timestamp");
  alert.index = text("index");
  alert.qualifier = text("qualifier");
  alert.value = text("value");
  alert.previous = text("previous");
  Record record =
      alert_record(alert, raw,
                   sdk::rest_of(body, {"alert_id", "alert_description", "severity", "timestamp",
                                       "index", "qualifier", "value", "previous"}));
  if (record.title == " ") record.title = "SONAR alert";
  return record;
}

/// {"event":"account.status","object_id":1,"current":{…}}
Record software_record(const sdk::Host& host, std::string_view raw, const Json& body) {
  const std::string_view event = body["event"].text();
  const std::string_view id = body["object_id"].text();
  Record record;
  record.kind = "sonar_event";
  record.key = std::string(event) + ":" + std::string(id);
  if (event.empty() || id.empty() || record.key.size() > 512) record.key = hash_of(host, raw);
  record.title = "sonar.software " + std::string(event) + " " + std::string(id);
  record.text = record.title;
  record.raw = raw;
  Json metadata = Json::object();
  metadata.set_if("event", event);
  metadata.set_if("object_id", id);
  metadata.set_if("current", body["current"]);
  if (const auto time = sdk::read_timestamp(body["current"]["updated_at"].text())) {
    record.occurred_at_ns = time->ns;
    metadata.set_if("tz", time->zone);
  }
  metadata.set_if("extra", sdk::rest_of(body, {"event", "object_id", "current"}));
  record.metadata = metadata.dump();
  record.participants = "[]";
  return record;
}

Record sonarqube_record(const sdk::Host& host, std::string_view raw, const Json& body) {
  const Json& project = body["project"];
  const Json& gate = body["qualityGate"];
  const std::string_view key = project["key"].text();
  const std::string_view branch = body["branch"]["name"].text();
  Record record;
  record.kind = "quality_gate";
  record.key = key;
  if (!branch.empty()) record.key += ":" + std::string(branch);
  if (key.empty() || record.key.size() > 512) record.key = hash_of(host, raw);
  const std::string_view name = project["name"].text().empty() ? key : project["name"].text();
  record.title = std::string(name) + " quality gate " + std::string(gate["status"].text());
  record.text = record.title + "; analysis " + std::string(body["status"].text());
  record.raw = raw;
  Json metadata = Json::object();
  metadata.set_if("project", key);
  metadata.set_if("branch", branch);
  metadata.set_if("task_id", body["taskId"].text());
  metadata.set_if("status", body["status"].text());
  metadata.set_if("gate_status", gate["status"].text());
  metadata.set_if("gate", gate["name"].text());
  metadata.set_if("conditions", gate["conditions"]);
  metadata.set_if("revision", body["revision"].text());
  metadata.set_if("analysed_at", body["analysedAt"].text());
  if (const auto time = sdk::read_timestamp(body["analysedAt"].text())) {
    record.occurred_at_ns = time->ns;
    metadata.set_if("tz", time->zone);
  }
  metadata.set_if(
      "extra", sdk::rest_of(body, {"taskId", "status", "qualityGate", "revision", "analysedAt"}));
  record.metadata = metadata.dump();
  record.participants = "[]";
  return record;
}

}  // namespace

Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  if (auto no = check(host, settings, request)) return Verdict::reject(*no);
  if (settings.flavour == Flavour::kSonarQube) return Verdict::accept();  // Never sent again.
  if (settings.flavour == Flavour::kSonarSoftware) {
    // No event id: one body twice on one day is a retry, on another day it may be a new event that
    // looks the same (a status that went and came back).
    const std::string day = std::to_string(request.received_at_ns() / kNsPerDay);
    return Verdict::accept(hash_of(host, request.body()) + "@" + day)
        .answer(200, "application/json", R"({"ok":true})");
  }
  const auto found = sdk::peek_texts(request.body(), {"/alert_id"});
  if (!found || found->front().size() > kDeliveryIdMax) return Verdict::accept();
  return Verdict::accept(found->front());
}

sdk::Headers sign(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  if (settings.flavour != Flavour::kSonarQube) return settings.scheme.sign(host, request);
  const sdk::Secret secret = sdk::signing_secret(host, kWebhookSecret);
  const auto mac = host.hmac(sdk::Hash::kSha256, secret.view(), {request.body()});
  return {{std::string(kSonarQubeHeader), sdk::to_hex(mac.view())}};
}

Record map_webhook(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  const Json body = Json::parse(request.body());
  if (!body.is_object()) throw Failure(sdk::Status::kData, "the body is no JSON object");
  switch (settings.flavour) {
    case Flavour::kSonarSoftware:
      return software_record(host, request.body(), body);
    case Flavour::kSonarQube:
      return sonarqube_record(host, request.body(), body);
    case Flavour::kFreightWaves:
      break;
  }
  return relay_record(host, request.body(), body);
}

}  // namespace gantry::sonar
