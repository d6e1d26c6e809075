#include "map.hpp"

#include <algorithm>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/time.hpp>
#include <iterator>

namespace gantry::turvo {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;
using sdk::Status;

// What metadata, participants or text carry; everything else stays under "extra".
constexpr std::string_view kMapped[] = {"id",
                                        "customId",
                                        "status",
                                        "lane",
                                        "startDate",
                                        "endDate",
                                        "customerOrder",
                                        "carrierOrder",
                                        "transportation",
                                        "lastUpdatedOn",
                                        "deleted",
                                        "owner",
                                        "statusHistory",
                                        "name"};

std::int64_t time_ns(const Json& json) {
  const auto time = sdk::read_timestamp(json.text());
  return time && time->ns > 0 ? time->ns : 0;
}

void append(std::string& to, std::string_view text, std::string_view separator = " ") {
  if (text.empty()) return;
  if (!to.empty()) to += separator;
  to += text;
}

/// Turvo's enums are {key, value}.
std::string_view word_of(const Json& json) {
  const auto value = json["value"].text();
  return value.empty() ? json.text() : value;
}

std::string lane_of(const Json& row) {
  std::string lane(row["lane"]["start"].text());
  append(lane, row["lane"]["end"].text(), " to ");
  return lane;
}

void push_person(Json& people, std::string_view role, const Json& party) {
  if (party["id"].text().empty() && party["name"].text().empty()) return;
  Json one = Json::object();
  one.set("role", role);
  one.set("name", party["name"].text());
  one.set("handle", party["email"].text());
  one.set("external_id", party["id"].text());
  people.push(std::move(one));
}

/// Soft-deleted children stay in the answer with deleted:true.
Json participants_of(const Json& row) {
  Json people = Json::array();
  for (const Json& order : row["customerOrder"].items()) {
    if (!order["deleted"].truth()) push_person(people, "customer", order["customer"]);
  }
  for (const Json& order : row["carrierOrder"].items()) {
    if (!order["deleted"].truth()) push_person(people, "carrier", order["carrier"]);
  }
  push_person(people, "owner", row["owner"]);
  return people;
}

/// The orders with what participants do not say: ids, costs, invoices.
Json orders_of(const Json& orders) {
  Json all = Json::array();
  for (const Json& order : orders.items()) {
    Json one = Json::object();
    for (const auto& [key, value] : order.members()) {
      if (key != "costs") one.set(key, value);
    }
    // Digits as sent, as text: no reader may make a binary float of money.
    one.set_if("total_amount", order["costs"]["totalAmount"].text());
    one.set_if("costs", order["costs"]);
    all.push(std::move(one));
  }
  return all;
}

std::string stops_of(const Json& row) {
  std::string text;
  for (const Json& stop : row["route"].items()) {
    std::string line(word_of(stop["stopType"]));
    append(line, stop["location"]["name"].text());
    const Json& attributes = stop["attributes"];
    append(line, stop["appointment"]["start"].text(), " appointment ");
    append(line, attributes["arrival"]["date"].text(), " arrived ");
    append(line, attributes["departed"]["date"].text(), " departed ");
    append(text, line, "\n");
  }
  return text;
}

std::int64_t last_status_ns(const Json& row) {
  std::int64_t last = 0;
  for (const Json& entry : row["statusHistory"].items()) {
    last = std::max(last, time_ns(entry["lastUpdatedOn"]));
  }
  return last;
}

/// The zone that the row's own times are told in: a name where Turvo gives one.
std::string_view zone_of(const Json& row, std::string& kept) {
  for (const auto* key : {"startDate", "endDate"}) {
    for (const auto* zone : {"timeZone", "timezone"}) {
      if (!row[key][zone].text().empty()) return row[key][zone].text();
    }
  }
  for (const Json* time : {&row["startDate"]["date"], &row["lastUpdatedOn"]}) {
    if (auto read = sdk::read_timestamp(time->text())) {
      kept = read->zone;
      return kept;
    }
  }
  return kept;
}

Json metadata_of(const Json& row) {
  Json metadata = Json::object();
  const Json& code = row["status"]["code"];
  metadata.set_if("custom_id", row["customId"].text());
  metadata.set_if("status_key", code["key"].text());
  metadata.set_if("status", word_of(code));
  metadata.set_if("mode", word_of(row["transportation"]["mode"]));
  metadata.set_if("lane_start", row["lane"]["start"].text());
  metadata.set_if("lane_end", row["lane"]["end"].text());
  metadata.set_if("start_date", row["startDate"]["date"].text());
  metadata.set_if("end_date", row["endDate"]["date"].text());
  metadata.set_if("last_updated_on", row["lastUpdatedOn"].text());
  std::string kept;
  metadata.set_if("tz", zone_of(row, kept));
  metadata.set_if("customer_orders", orders_of(row["customerOrder"]));
  metadata.set_if("carrier_orders", orders_of(row["carrierOrder"]));
  metadata.set_if("status_history", row["statusHistory"]);
  Json extra = Json::object();
  for (const auto& [key, value] : row.members()) {
    if (std::find(std::begin(kMapped), std::end(kMapped), key) == std::end(kMapped)) {
      extra.set_if(key, value);
    }
  }
  // What a mapped member holds in another shape than the one above.
  for (const auto* key : {"status", "lane", "owner"}) {
    if (!row[key].is_object()) extra.set_if(key, row[key]);
  }
  metadata.set_if("extra", std::move(extra));
  return metadata;
}

}  // namespace

std::int64_t changed_at(const Json& row) {
  for (const auto* key : {"lastUpdatedOn", "lastUpdated", "updatedOn"}) {
    if (const auto ns = time_ns(row[key]); ns != 0) return ns;
  }
  return last_status_ns(row);
}

OwnedRecord map_row(std::string_view kind, const Json& sent) {
  const std::string_view id = sent["id"].text();
  if (id.empty()) throw Failure(Status::kData, "a row of Turvo's has no id");
  if (id.size() > 512) throw Failure(Status::kData, "the id of a row is longer than 512 bytes");
  const Json row = sdk::redact_bank_numbers(sent);

  OwnedRecord out;
  out.raw = row.dump();
  Record& record = out.record;
  record.kind = kind;
  record.key = id;
  record.title = row["customId"].text();
  append(record.title, row["name"].text());
  append(record.title, lane_of(row));
  if (record.title.empty()) record.title = std::string(kind) + ' ' + record.key;
  record.text = word_of(row["status"]["code"]);
  append(record.text, lane_of(row), "\n");
  append(record.text, stops_of(row), "\n");
  if (record.text.empty()) record.text = record.title;
  record.version = changed_at(row);
  const std::int64_t status_ns = last_status_ns(row);
  for (const std::int64_t ns : {status_ns, record.version, time_ns(row["startDate"]["date"])}) {
    if (ns != 0 && record.occurred_at_ns == GANTRY_TIME_UNKNOWN) record.occurred_at_ns = ns;
  }
  record.participants = participants_of(row).dump();
  record.metadata = metadata_of(row).dump();
  record.tombstone = row["deleted"].truth();
  return out;
}

}  // namespace gantry::turvo
