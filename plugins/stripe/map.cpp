#include "map.hpp"

#include <algorithm>
#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/time.hpp>
#include <iterator>
#include <string>

#include "amount.hpp"

namespace gantry::stripe {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;
using sdk::Status;

constexpr std::string_view kEventKind = "stripe_event";

constexpr std::string_view kAmounts[] = {"amount",
                                         "amount_captured",
                                         "amount_refunded",
                                         "amount_received",
                                         "amount_due",
                                         "amount_paid",
                                         "amount_remaining",
                                         "amount_total",
                                         "total",
                                         "subtotal",
                                         "tax",
                                         "fee",
                                         "net",
                                         "application_fee_amount",
                                         "balance"};
constexpr std::string_view kTimes[] = {"arrival_date", "due_date",    "period_start",
                                       "period_end",   "canceled_at", "available_on"};
constexpr std::string_view kTexts[] = {
    "status",      "number",         "description",         "customer",        "invoice",
    "charge",      "payment_intent", "balance_transaction", "subscription",    "payout",
    "destination", "reason",         "failure_code",        "failure_message", "method",
    "type",        "receipt_number"};
// Mapped elsewhere.
constexpr std::string_view kOwn[] = {"id",   "object", "created",       "livemode",      "currency",
                                     "name", "email",  "customer_name", "customer_email"};

template <std::size_t N>
bool is_in(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

std::int64_t time_of(const Json& seconds) {
  return seconds.is_number() ? sdk::seconds_to_ns(seconds.text()).value_or(GANTRY_TIME_UNKNOWN)
                             : GANTRY_TIME_UNKNOWN;
}

/// "payout", "checkout_session"; empty where Stripe's name makes no kind.
std::string kind_of(const Json& object) {
  const std::string_view name = object["object"].text();
  if (name == "payment_intent") return "payment";
  std::string kind;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain && c != '.') return {};
    kind += plain ? c : '_';
  }
  return kind.size() <= 64 && kind != kEventKind ? kind : std::string();
}

/// An id, or the id of the object that was expanded in its place.
std::string_view id_of(const Json& reference) {
  return reference.is_object() ? reference["id"].text() : reference.text();
}

void push_person(Json& people, std::string_view role, std::string_view name,
                 std::string_view handle, std::string_view id) {
  if (name.empty() && handle.empty() && id.empty()) return;
  Json one = Json::object();
  one.set("role", role);
  one.set("name", name);
  one.set("handle", handle);
  one.set("external_id", id);
  people.push(std::move(one));
}

Json participants_of(const Json& event, const Json& object) {
  Json people = Json::array();
  if (object["object"].text() == "customer") {
    push_person(people, "customer", object["name"].text(), object["email"].text(),
                object["id"].text());
  } else {
    const Json& billing = object["billing_details"];
    const Json& name =
        object["customer_name"].is_null() ? billing["name"] : object["customer_name"];
    const Json& email =
        object["customer_email"].is_null() ? billing["email"] : object["customer_email"];
    push_person(people, "customer", name.text(), email.text(), id_of(object["customer"]));
  }
  push_person(people, "account", "", "", event["account"].text());
  return people;
}

Json event_metadata(const Json& event) {
  Json metadata = Json::object();
  metadata.set_if("event_id", event["id"].text());
  metadata.set_if("event_type", event["type"].text());
  metadata.set_if("account", event["account"].text());
  metadata.set_if("api_version", event["api_version"].text());
  metadata.set_if("livemode", event["livemode"]);
  const Json& request = event["request"];
  metadata.set_if("request_id", request.is_object() ? request["id"].text() : request.text());
  metadata.set("tz", "Z");  // Stripe's times are UNIX seconds.
  return metadata;
}

/// Every amount as decimal text, every time as RFC 3339, what is not known under "extra".
void add_object(Json& metadata, const Json& object) {
  const std::string_view currency = object["currency"].text();
  metadata.set_if("object_id", object["id"].text());
  metadata.set_if("currency", upper(currency));
  Json extra = Json::object();
  for (const auto& [key, value] : object.members()) {
    if (is_in(kOwn, key)) continue;
    if (is_in(kAmounts, key) && !currency.empty() && value.is_number()) {
      if (auto amount = decimal_amount(value.text(), currency)) {
        metadata.set(key, *amount);
        continue;
      }
    }
    if (is_in(kTimes, key)) {
      if (const auto ns = time_of(value); ns != GANTRY_TIME_UNKNOWN) {
        metadata.set(key, sdk::to_rfc3339(ns));
        continue;
      }
    }
    if (is_in(kTexts, key) && (value.is_string() || value.is_object()) && !id_of(value).empty()) {
      metadata.set(key, id_of(value));
      continue;
    }
    if (key == "metadata") {
      metadata.set_if("stripe_metadata", value);
      continue;
    }
    extra.set_if(key, value);
  }
  metadata.set_if("extra", sdk::redact_bank_numbers(extra));
}

void append(std::string& to, std::string_view text) {
  if (text.empty()) return;
  if (!to.empty()) to += ' ';
  to += text;
}

/// "Payout 11.00 USD in_transit", "Invoice 1045 Acme 285.00 USD open".
std::string title_of(const Json& object, const Json& metadata) {
  std::string name(object["object"].text());
  if (name.empty()) return {};
  if (name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '.'; }, ' ');
  append(name, object["number"].text());
  append(name, object["customer_name"].text());
  if (object["object"].text() == "customer") append(name, object["name"].text());
  for (const auto* key : {"amount", "amount_total", "total", "amount_due"}) {
    if (metadata[key].is_null()) continue;
    append(name, metadata[key].text());
    append(name, metadata["currency"].text());
    break;
  }
  append(name, object["status"].text());
  return name;
}

}  // namespace

std::vector<Record> map_event(const Settings& settings, std::string_view body) {
  const Json event = Json::parse(body);
  if (!event.is_object()) throw Failure(Status::kData, "the body is no JSON object");
  if (event["object"].text() == "v2.core.event") {
    throw Failure(Status::kData, "a thin event holds no object: send snapshot events");
  }
  const std::string_view event_id = event["id"].text();
  if (event_id.empty()) throw Failure(Status::kData, "the body holds no event: it has no id");

  const Json& object = event["data"]["object"];
  Record record;
  record.raw = body;
  record.occurred_at_ns = time_of(event["created"]);
  // The event's time, not the arrival: an update that overtakes its creation stays the newer one.
  record.version = record.occurred_at_ns > 0 ? record.occurred_at_ns : 0;
  record.participants = participants_of(event, object).dump();
  Json metadata = event_metadata(event);
  metadata.set_if("previous_attributes",
                  sdk::redact_bank_numbers(event["data"]["previous_attributes"]));
  add_object(metadata, object);
  record.title = title_of(object, metadata);
  record.text = std::string(event["type"].text());
  append(record.text, object["id"].text());
  append(record.text, object["description"].text());
  append(record.text, object["statement_descriptor"].text());
  record.metadata = metadata.dump();

  std::vector<Record> records;
  const std::string kind = kind_of(object);
  const std::string_view id = object["id"].text();
  if (!kind.empty() && !id.empty() && id.size() <= 512) {
    record.kind = kind;
    record.key = id;
    // customer.deleted, product.deleted; customer.subscription.deleted only ends a subscription,
    // which stays readable.
    const std::string_view type = event["type"].text();
    record.tombstone =
        object["deleted"].truth() || type == std::string(object["object"].text()) + ".deleted";
    records.push_back(record);
  }
  if (settings.keep_events || records.empty()) {
    record.kind = kEventKind;
    record.key = event_id.substr(0, 512);
    record.tombstone = false;
    if (record.title.empty()) record.title = event["type"].text();
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace gantry::stripe
