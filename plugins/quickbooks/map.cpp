#include "map.hpp"

#include <algorithm>
#include <gantry/sdk/money.hpp>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/time.hpp>

#include "entities.hpp"

namespace gantry::quickbooks {
namespace {

using sdk::Json;
using sdk::Record;

constexpr std::size_t kTitleMax = 512;
constexpr std::size_t kMetadataMax = 900'000;  // The host takes 1 MiB.
/// Behind the seconds of a version: later than any SyncToken of the same second.
constexpr std::int64_t kDeletedToken = 999'999'999;

/// Numbers of bank accounts, cards and taxpayers.
bool is_private(std::string_view key) {
  for (const auto* name :
       {"AcctNum", "AccountNumber", "BankAccountNumber", "BankBranchIdentifier", "RoutingNumber",
        "TaxIdentifier", "PrimaryTaxIdentifier", "SecondaryTaxIdentifier", "BusinessNumber", "SSN",
        "CcNumber", "Number"}) {
    if (key == name) return true;
  }
  return false;
}

Json cleaned(const Json& json) { return sdk::mask_members(json, is_private); }

std::string shortened(std::string text) {
  if (text.size() <= kTitleMax) return text;
  text.resize(kTitleMax);
  while (!text.empty() && !sdk::is_utf8(text)) text.pop_back();
  return text;
}

/// "BillPayment" for people: "Bill payment".
std::string words(std::string_view entity) {
  std::string out = kind_of(entity);
  std::replace(out.begin(), out.end(), '_', ' ');
  if (!out.empty()) out[0] = entity[0];
  return out;
}

struct Party {
  std::string_view role, name, id;
};
Party party_of(const Json& object) {
  for (const auto& [field, role] : {std::pair{"CustomerRef", "customer"},
                                    {"VendorRef", "vendor"},
                                    {"EntityRef", "entity"},
                                    {"EmployeeRef", "employee"}}) {
    const Json& ref = object[field];
    if (!ref["value"].text().empty() || !ref["name"].text().empty()) {
      return {role, ref["name"].text(), ref["value"].text()};
    }
  }
  return {};
}

Json participant(std::string_view role, std::string_view name, std::string_view handle,
                 std::string_view id) {
  Json out = Json::object();
  out.set("role", role);
  out.set("name", name);
  out.set("handle", handle);
  out.set("external_id", id);
  return out;
}

/// The name of a vendor, a customer and the like: they are a party themselves.
std::string_view own_name(const Json& object) {
  return sdk::first_text({object["DisplayName"].text(), object["CompanyName"].text(),
                          object["FullyQualifiedName"].text(), object["Name"].text()});
}

Json participants_of(const Row& row) {
  Json people = Json::array();
  const Json& object = row.json;
  if (!object["DisplayName"].text().empty()) {
    people.push(participant(kind_of(row.entity), own_name(object),
                            sdk::first_text({object["PrimaryEmailAddr"]["Address"].text(),
                                             object["PrimaryPhone"]["FreeFormNumber"].text()}),
                            row.id()));
  }
  if (const Party party = party_of(object); !party.role.empty()) {
    people.push(
        participant(party.role, party.name, object["BillEmail"]["Address"].text(), party.id));
  }
  return people;
}

std::string amount(const Json& object, std::string_view field) {
  const std::string_view digits = object[field].text();
  const std::string_view currency = object["CurrencyRef"]["value"].text();
  return digits.empty() ? std::string()
                        : sdk::money_text(digits, currency.empty() ? "USD" : currency);
}

std::string title_of(const Row& row) {
  std::string title = words(row.entity);
  const auto add = [&](std::string_view part) {
    if (!part.empty()) title += ' ' + std::string(part);
  };
  add(sdk::first_text({row.json["DocNumber"].text(), own_name(row.json)}));
  add(party_of(row.json).name);
  return title;
}

/// "Invoice 1045 Acme: 2850.00 USD, balance 100.00, due 2026-02-15".
std::string sentence(const Row& row) {
  std::string text = title_of(row);
  std::string_view separator = ": ";
  const auto add = [&](std::string_view label, std::string_view value) {
    if (value.empty()) return;
    text += std::string(separator) + std::string(label) + std::string(value);
    separator = ", ";
  };
  std::string total = amount(row.json, "TotalAmt");
  const auto currency = row.json["CurrencyRef"]["value"].text();
  if (!total.empty() && !currency.empty()) total += ' ' + std::string(currency);
  add("", total);
  add("balance ", amount(row.json, "Balance"));
  add("due ", row.json["DueDate"].text());
  add("", row.json["PrivateNote"].text());
  return text;
}

Json links_of(const Json& object) {
  Json links = Json::array();
  const auto take = [&links](const Json& list) {
    for (const Json& link : list.items()) {
      Json out = Json::object();
      out.set_if("id", link["TxnId"].text());
      out.set_if("type", link["TxnType"].text());
      if (!out.members().empty()) links.push(std::move(out));
    }
  };
  take(object["LinkedTxn"]);
  for (const Json& line : object["Line"].items()) take(line["LinkedTxn"]);
  return links;
}

/// The document's day, else when the object came to be.
std::int64_t occurred(const Json& object, Json& metadata) {
  for (const std::string_view text :
       {object["TxnDate"].text(), object["MetaData"]["CreateTime"].text(),
        object["MetaData"]["LastUpdatedTime"].text()}) {
    const auto time = sdk::read_timestamp(text);
    if (!time) continue;
    metadata.set_if("tz", time->zone);
    if (time->date_only) metadata.set("time_precision", "day");
    return time->ns;
  }
  return GANTRY_TIME_UNKNOWN;
}

std::int64_t token_of(std::string_view text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = std::min(kDeletedToken - 1, value * 10 + (c - '0'));
  }
  return value;
}

Json common(std::string_view entity, std::string_view realm_id) {
  Json metadata = Json::object();
  metadata.set("realm_id", realm_id);
  metadata.set("entity", entity);
  return metadata;
}

}  // namespace

Record map_row(const Row& row, std::string_view realm_id) {
  const Json& object = row.json;
  Record record;
  record.kind = kind_of(row.entity);
  record.key = row.id();
  record.raw = row.raw;
  record.title = shortened(title_of(row));
  record.text = sentence(row);
  record.participants = participants_of(row).dump();
  if (const auto updated = row.updated_ns()) {
    record.version = *updated + token_of(object["SyncToken"].text());
  }
  Json metadata = common(row.entity, realm_id);
  record.occurred_at_ns = occurred(object, metadata);
  metadata.set_if("sync_token", object["SyncToken"].text());
  metadata.set_if("doc_number", object["DocNumber"].text());
  metadata.set_if("total", amount(object, "TotalAmt"));
  metadata.set_if("balance", amount(object, "Balance"));
  metadata.set_if("currency", object["CurrencyRef"]["value"].text());
  metadata.set_if("txn_date", object["TxnDate"].text());
  metadata.set_if("due_date", object["DueDate"].text());
  metadata.set_if("updated_at", object["MetaData"]["LastUpdatedTime"].text());
  metadata.set_if("active", object["Active"]);
  metadata.set_if("linked", links_of(object));
  Json small = metadata;
  metadata.set_if("extra",
                  cleaned(sdk::rest_of(
                      object, {"Id", "SyncToken", "DocNumber", "TotalAmt", "Balance", "CurrencyRef",
                               "TxnDate", "DueDate", "MetaData", "Active", "LinkedTxn"})));
  record.metadata = metadata.dump();
  if (record.metadata.size() > kMetadataMax) {
    small.set("extra_too_large", true);
    record.metadata = small.dump();
  }
  return record;
}

Record map_deletion(std::string_view entity, std::string_view id, std::string_view raw,
                    std::string_view deleted_at, std::string_view realm_id) {
  Record record;
  record.kind = kind_of(entity);
  record.key = id;
  record.raw = raw;
  record.title = shortened(words(entity) + " deleted");
  record.tombstone = true;
  Json metadata = common(entity, realm_id);
  const auto time = sdk::read_timestamp(deleted_at);
  if (time && !time->zone.empty()) {
    record.occurred_at_ns = time->ns;
    record.version = time->ns + kDeletedToken;
    metadata.set("tz", time->zone);
  }
  metadata.set_if("deleted_at", deleted_at);
  record.metadata = metadata.dump();
  return record;
}

}  // namespace gantry::quickbooks
