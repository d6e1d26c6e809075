#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/es256.hpp"
#include "tests/support/plugin_host.hpp"

/// What Plaid sends, with invented people and ids.
namespace gantry::plaid {

inline constexpr std::int64_t kNowSeconds = 1'767'225'600;
inline constexpr std::int64_t kNowNs = kNowSeconds * 1'000'000'000;

inline constexpr std::string_view kConfig =
    R"({"client_id":"client-1","secret":"env:A","environment":"sandbox",)"
    R"("items":[{"id":"operating","access_token":"env:B","item_id":"it_1"}]})";
inline constexpr std::string_view kTwoItems =
    R"({"client_id":"client-1","secret":"env:A","items":[)"
    R"({"id":"one","access_token":"env:B"},{"id":"two","access_token":"env:C"}]})";

inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_PLAID_SO);
  return loaded;
}

/// A fresh world in which every secret has a value.
inline test::World& world() {
  test::World& world = plugin().world();
  world = {};
  world.now_ns = kNowNs;
  world.secrets = {{"/secret", {"secret-of-the-team"}},
                   {"/items/0/access_token", {"access-1"}},
                   {"/items/1/access_token", {"access-2"}}};
  world.es256 = test::verify_es256;
  return world;
}

inline std::string txn(std::string_view id, std::string_view amount = "10.00",
                       std::string_view more = "") {
  return R"({"transaction_id":")" + std::string(id) + R"(","account_id":"acc_1","amount":)" +
         std::string(amount) + R"(,"iso_currency_code":"USD","date":"2026-01-10","name":"N )" +
         std::string(id) + '"' + std::string(more) + '}';
}
inline std::string removed(std::string_view id) {
  return R"({"transaction_id":")" + std::string(id) + R"(","account_id":"acc_1"})";
}

struct Sync {
  std::string added = {};  ///< Comma-separated objects, like the next two.
  std::string modified = {};
  std::string removed = {};
  std::string next_cursor = {};
  bool has_more = false;
};
inline test::HttpAnswer page(const Sync& sync) {
  test::HttpAnswer answer;
  answer.body =
      R"({"accounts":[{"account_id":"acc_1","mask":"0417","name":"Operating"}],"added":[)" +
      sync.added + R"(],"modified":[)" + sync.modified + R"(],"removed":[)" + sync.removed +
      R"(],"next_cursor":")" + sync.next_cursor + R"(","has_more":)" +
      (sync.has_more ? "true" : "false") + R"(,"request_id":"r1"})";
  return answer;
}
inline test::HttpAnswer failed(std::string_view code, std::string_view type,
                               std::string_view message = "words", std::uint32_t status = 400) {
  test::HttpAnswer answer;
  answer.http_status = status;
  answer.body = R"({"error_type":")" + std::string(type) + R"(","error_code":")" +
                std::string(code) + R"(","error_message":")" + std::string(message) +
                R"(","display_message":null,"request_id":"r1"})";
  return answer;
}
inline test::HttpAnswer mutation() {
  return failed("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", "TRANSACTIONS_ERROR");
}

/// Answers in turn; what was asked is kept.
struct Script {
  std::deque<test::HttpAnswer> answers;
  std::vector<test::HttpExchange> asked;
  test::HttpAnswer operator()(const test::HttpExchange& exchange) {
    asked.push_back(exchange);
    if (answers.empty()) return failed("UNSCRIPTED", "INVALID_REQUEST");
    test::HttpAnswer next = answers.front();
    answers.pop_front();
    return next;
  }
};

inline std::string base64url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

inline constexpr std::string_view kKid = "6c5516e1-92dc-479e-a8ff-5a51992e0001";

inline const test::Es256Key& key() {
  static const test::Es256Key made;
  return made;
}
inline std::string jwk(std::string_view kid = kKid, std::string_view expired_at = "null",
                       const test::Es256Key& pair = key()) {
  return R"({"key":{"alg":"ES256","created_at":1560466150,"crv":"P-256","expired_at":)" +
         std::string(expired_at) + R"(,"kid":")" + std::string(kid) +
         R"(","kty":"EC","use":"sig","x":")" + base64url(pair.x()) + R"(","y":")" +
         base64url(pair.y()) + R"("},"request_id":"r"})";
}

inline std::string token(std::string_view body, std::int64_t iat = kNowSeconds,
                         std::string_view header = "", const test::Es256Key& pair = key()) {
  const std::string head =
      header.empty() ? R"({"alg":"ES256","kid":")" + std::string(kKid) + R"(","typ":"JWT"})"
                     : std::string(header);
  const std::string claims = R"({"iat":)" + std::to_string(iat) + R"(,"request_body_sha256":")" +
                             to_hex(sha256(body)) + R"("})";
  const std::string part = base64url(head) + '.' + base64url(claims);
  return part + '.' + base64url(pair.sign(part));
}
inline test::Request webhook(std::string_view body, std::string_view jwt) {
  test::Request request;
  request.body = body;
  request.received_at_ns = kNowNs;
  request.headers = {{"content-type", "application/json"},
                     {"plaid-verification", std::string(jwt)}};
  return request;
}
inline test::Request webhook(std::string_view body) { return webhook(body, token(body)); }

inline constexpr std::string_view kWake =
    "{\n  \"webhook_type\": \"TRANSACTIONS\",\n  \"webhook_code\": \"SYNC_UPDATES_AVAILABLE\",\n"
    "  \"item_id\": \"it_1\",\n  \"initial_update_complete\": true,\n"
    "  \"historical_update_complete\": false,\n  \"environment\": \"production\"\n}";

/// The transaction of connectors.md section 5, shortened.
inline constexpr std::string_view kFuel =
    R"({"transaction_id":"txn_9","account_id":"acc_1","account_owner":"88001234","amount":612.4,)"
    R"("iso_currency_code":"USD","unofficial_currency_code":null,"date":"2026-01-16","datetime":null,)"
    R"("authorized_date":"2026-01-15","authorized_datetime":"2026-01-15T18:20:05-06:00",)"
    R"("name":"PILOT #4417 FUEL","merchant_name":"Pilot","merchant_entity_id":"ent_7",)"
    R"("counterparties":[{"name":"Pilot","type":"merchant","entity_id":"ent_7","website":"pilot.example","confidence_level":"HIGH"}],)"
    R"("pending":false,"pending_transaction_id":"txn_8","payment_channel":"in store","check_number":"00417",)"
    R"("personal_finance_category":{"primary":"TRANSPORTATION","detailed":"TRANSPORTATION_GAS","confidence_level":"VERY_HIGH"},)"
    R"("location":{"address":null,"city":"Joliet","region":"IL","postal_code":"07114","lat":null,"store_number":"4417"},)"
    R"("payment_meta":{"reference_number":null,"payee":null,"account_number":"000123456789"},"new_field":{"deep":[1.50]}})";

}  // namespace gantry::plaid
