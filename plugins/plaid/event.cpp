#include "event.hpp"

#include <gantry/sdk/json.hpp>
#include <string>

namespace gantry::plaid {
namespace {

using sdk::Json;

/// Those of /transactions/get are sent beside SYNC_UPDATES_AVAILABLE and mean the same
/// (plaid.com/docs/api/products/transactions).
bool only_wakes(std::string_view type, std::string_view code) {
  if (type != "TRANSACTIONS") return false;
  for (const auto* known : {"SYNC_UPDATES_AVAILABLE", "INITIAL_UPDATE", "HISTORICAL_UPDATE",
                            "DEFAULT_UPDATE", "TRANSACTIONS_REMOVED"}) {
    if (code == known) return true;
  }
  return false;
}

/// Webhooks after which the item stops or will stop until its user acts.
bool needs_the_user(std::string_view code) {
  for (const auto* known : {"ERROR", "PENDING_DISCONNECT", "PENDING_EXPIRATION",
                            "USER_PERMISSION_REVOKED", "USER_ACCOUNT_REVOKED"}) {
    if (code == known) return true;
  }
  return false;
}

std::string name_of(const Settings& settings, std::string_view item_id) {
  for (const Item& item : settings.items) {
    if (!item_id.empty() && item.item_id == item_id) return item.id;
  }
  return {};
}

std::string sentence(std::string_view type, std::string_view code, std::string_view who,
                     const Json& body) {
  std::string text = "Plaid " + std::string(type) + ' ' + std::string(code);
  if (!who.empty()) text += " for item " + std::string(who);
  const Json& error = body["error"];
  if (const auto what = error["error_code"].text(); !what.empty()) text += ": " + std::string(what);
  if (const auto what = error["error_message"].text(); !what.empty()) {
    text += ": " + std::string(what);
  }
  if (const auto when = body["consent_expiration_time"].text(); !when.empty()) {
    text += "; consent ends " + std::string(when);
  }
  if (needs_the_user(code)) text += "; its user must act";
  return text;
}

}  // namespace

std::optional<sdk::Record> map_event(const sdk::Host& host, const Settings& settings,
                                     std::string_view text, std::string_view key,
                                     std::int64_t received_at_ns) {
  const Json body = Json::parse(text);
  const std::string_view type = body["webhook_type"].text();
  const std::string_view code = body["webhook_code"].text();
  if (type.empty() || code.empty() || type.size() > 128 || code.size() > 128) {
    throw sdk::Failure(sdk::Status::kData,
                       "no webhook of Plaid's: webhook_type or _code is missing");
  }
  const std::string_view item_id = body["item_id"].text();
  const std::string name = name_of(settings, item_id);
  const std::string_view who = name.empty() ? item_id : std::string_view(name);
  if (only_wakes(type, code)) {
    host.log(sdk::LogLevel::kInfo, "transactions_wait", {{"item", who}, {"code", code}});
    return std::nullopt;
  }
  if (needs_the_user(code)) {
    host.log(sdk::LogLevel::kWarn, "item_needs_its_user", {{"item", who}, {"code", code}});
  }
  sdk::Record record;
  record.kind = "bank_item_event";
  record.key = key;
  record.title = std::string(type) + ' ' + std::string(code);
  record.text = sentence(type, code, who, body);
  record.raw = text;
  record.occurred_at_ns = received_at_ns;
  Json metadata = Json::object();
  metadata.set_if("item", name);
  metadata.set_if("item_id", item_id);
  metadata.set("webhook_type", type);
  metadata.set("webhook_code", code);
  metadata.set_if("environment", body["environment"].text());
  metadata.set_if("error_code", body["error"]["error_code"].text());
  metadata.set_if("error_type", body["error"]["error_type"].text());
  Json extra = Json::object();
  for (const auto& [field, value] : body.members()) {
    if (field != "webhook_type" && field != "webhook_code" && field != "item_id" &&
        field != "environment") {
      extra.set_if(field, value);
    }
  }
  metadata.set_if("extra", std::move(extra));
  record.metadata = metadata.dump();
  return record;
}

}  // namespace gantry::plaid
