#include "map.hpp"

#include <gantry/sdk/money.hpp>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/time.hpp>

namespace gantry::plaid {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Record;
using sdk::Status;

bool is_account_number(std::string_view key) {
  for (const auto* name : {"account_owner", "account", "account_number", "routing", "wire_routing",
                           "routing_number", "iban", "bban", "sort_code", "account_no"}) {
    if (key == name) return true;
  }
  return false;
}

Json cleaned(const Json& json) { return sdk::mask_members(json, is_account_number); }

Json participant(std::string_view role, const Json& party) {
  Json out = Json::object();
  out.set("role", role.empty() ? "counterparty" : role);
  out.set("name", party["name"].text());
  out.set("handle", sdk::first_text({party["website"].text(), party["phone_number"].text()}));
  out.set("external_id", party["entity_id"].text());
  return out;
}

Json named(std::string_view role, std::string_view name, std::string_view external_id = "") {
  Json out = Json::object();
  out.set("role", role);
  out.set("name", name);
  out.set("handle", "");
  out.set("external_id", external_id);
  return out;
}

Json participants_of(const Json& txn) {
  Json people = Json::array();
  for (const Json& party : txn["counterparties"].items()) {
    if (party.is_object()) people.push(participant(party["type"].text(), party));
  }
  if (people.items().empty() && !txn["merchant_name"].text().empty()) {
    people.push(named("merchant", txn["merchant_name"].text(), txn["merchant_entity_id"].text()));
  }
  for (const auto* role : {"payee", "payer"}) {
    const std::string_view name = txn["payment_meta"][role].text();
    if (!name.empty()) people.push(named(role, name));
  }
  return people;
}

std::string words(std::string_view code) {
  std::string out(code);
  for (char& c : out) {
    if (c == '_') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string account_words(const Json& account) {
  std::string out(sdk::first_text({account["name"].text(), account["official_name"].text()}));
  if (const auto mask = account["mask"].text(); !mask.empty()) {
    out += (out.empty() ? "" : " ") + std::string("…") + std::string(mask);
  }
  return out;
}

struct Money {
  std::string amount;  ///< Signed as Plaid does.
  std::string currency;
  bool in() const { return amount.starts_with('-'); }
  std::string bare() const { return in() ? amount.substr(1) : amount; }
};

Money money_of(const Json& txn) {
  Money money;
  money.currency =
      sdk::first_text({txn["iso_currency_code"].text(), txn["unofficial_currency_code"].text()});
  if (!txn["amount"].text().empty()) {
    money.amount = sdk::money_text(txn["amount"].text(), txn["iso_currency_code"].text());
  }
  return money;
}

/// "Paid 612.40 USD from Operating …0417: PILOT #4417 FUEL; Joliet, IL; transportation gas".
std::string sentence(const Json& txn, const Money& money, const Json& account) {
  std::string text = money.in() ? "Received " : "Paid ";
  text += money.amount.empty() ? "an unknown amount" : money.bare();
  if (!money.currency.empty()) text += ' ' + money.currency;
  if (const auto words = account_words(account); !words.empty()) {
    text += (money.in() ? " on " : " from ") + words;
  }
  const std::string_view name =
      sdk::first_text({txn["name"].text(), txn["original_description"].text()});
  if (!name.empty()) text += ": " + std::string(name);
  const std::string_view city = txn["location"]["city"].text();
  const std::string_view region = txn["location"]["region"].text();
  if (!city.empty() || !region.empty()) {
    text += "; " + std::string(city) + (city.empty() || region.empty() ? "" : ", ") +
            std::string(region);
  }
  const Json& category = txn["personal_finance_category"];
  const auto detailed = sdk::first_text({category["detailed"].text(), category["primary"].text()});
  if (!detailed.empty()) text += "; " + words(detailed);
  if (const auto check = txn["check_number"].text(); !check.empty()) {
    text += "; check " + std::string(check);
  }
  if (txn["pending"].truth()) text += "; pending";
  return text;
}

/// datetime, authorized_datetime, else the day; the zone as it was sent goes to metadata.tz.
std::int64_t time_of(const Json& txn, Json& metadata) {
  for (const auto* field : {"datetime", "authorized_datetime", "date"}) {
    const auto time = sdk::read_timestamp(txn[field].text());
    if (!time) continue;
    metadata.set_if("tz", time->zone);
    if (time->date_only) metadata.set("time_precision", "day");
    return time->ns;
  }
  return GANTRY_TIME_UNKNOWN;
}

Json common_metadata(const Json& txn, const Item& item) {
  Json metadata = Json::object();
  metadata.set("item", item.id);
  metadata.set_if("item_id", item.item_id);
  metadata.set_if("account_id", txn["account_id"].text());
  return metadata;
}

void removal(Record& record, const Json& txn, const Loop& loop, Json& metadata) {
  record.tombstone = true;
  record.title = "Removed";
  const auto posted = loop.replaced.find(record.key);
  if (posted != loop.replaced.end() && !posted->second.empty()) {
    record.title = "Replaced by its posting";
    metadata.set("replaced_by", posted->second);
  }
  metadata.set_if("extra", cleaned(sdk::rest_of(txn, {"transaction_id", "account_id"})));
}

void booking(Record& record, const Json& txn, const Loop& loop, Json& metadata) {
  const auto found = loop.accounts.find(std::string(txn["account_id"].text()));
  const Json account = found == loop.accounts.end() ? Json() : found->second;
  const Money money = money_of(txn);
  record.title = sdk::first_text({txn["merchant_name"].text(), txn["name"].text(), record.key});
  record.text = sentence(txn, money, account);
  record.participants = participants_of(txn).dump();
  record.occurred_at_ns = time_of(txn, metadata);
  metadata.set_if("account_name", account["name"].text());
  metadata.set_if("account_mask", account["mask"].text());
  metadata.set_if("account_type", account["type"].text());
  metadata.set_if("account_subtype", account["subtype"].text());
  metadata.set_if("amount", money.amount);
  metadata.set_if("currency", money.currency);
  if (!money.amount.empty()) metadata.set("direction", money.in() ? "in" : "out");
  metadata.set_if("date", txn["date"].text());
  metadata.set_if("authorized_date", txn["authorized_date"].text());
  metadata.set("pending", txn["pending"].truth());
  metadata.set_if("pending_transaction_id", txn["pending_transaction_id"].text());
  metadata.set_if("personal_finance_category", cleaned(txn["personal_finance_category"]));
  metadata.set_if("payment_channel", txn["payment_channel"].text());
  metadata.set_if("check_number", txn["check_number"].text());
  metadata.set_if("location", cleaned(txn["location"]));
  metadata.set_if("payment_meta", cleaned(txn["payment_meta"]));
  metadata.set_if(
      "extra",
      cleaned(sdk::rest_of(txn, {"transaction_id", "account_id", "amount", "iso_currency_code",
                                 "unofficial_currency_code", "date", "authorized_date", "pending",
                                 "pending_transaction_id", "personal_finance_category",
                                 "payment_channel", "check_number", "location", "payment_meta",
                                 "counterparties", "merchant_name", "name"})));
}

/// A title of the host holds 4 KiB; a cut may not split a character.
std::string shortened(std::string text) {
  constexpr std::size_t kTitleMax = 512;
  if (text.size() <= kTitleMax) return text;
  text.resize(kTitleMax);
  while (!text.empty() && !sdk::is_utf8(text)) text.pop_back();
  return text;
}

}  // namespace

Record map_change(const Change& change, const Loop& loop, const Item& item) {
  const Json txn = Json::parse(change.raw);
  if (change.id.empty()) {
    throw Failure(Status::kData, "item " + item.id + ": a transaction without transaction_id")
        .code("NO_ID");
  }
  Record record;
  record.kind = "bank_transaction";
  record.key = change.id;
  record.raw = change.raw;
  Json metadata = common_metadata(txn, item);
  if (change.what == Change::What::kRemoved) {
    removal(record, txn, loop, metadata);
  } else {
    booking(record, txn, loop, metadata);
  }
  record.title = shortened(std::move(record.title));
  record.metadata = metadata.dump();
  return record;
}

}  // namespace gantry::plaid
