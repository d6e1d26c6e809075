#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// What Intuit sends, with invented people and ids.
namespace gantry::quickbooks {

/// 2026-01-16T18:30:00Z
inline constexpr std::int64_t kNowNs = 1'768'588'200'000'000'000;

inline constexpr std::string_view kConfig =
    R"({"realm_id":"4620816365","client_id":"client-1","client_secret":"env:A",)"
    R"("refresh_token":"env:B","verifier_token":"env:C","entities":["Invoice","Bill","Vendor"]})";

/// connectors.md section 11, row "QBO": the vendor's own constants.
inline constexpr std::string_view kVectorToken = "b5771f19b12ddb4bcdb9f08bdc50bc63878a";
inline constexpr std::string_view kVectorBody =
    R"({"eventNotifications":[{"realmId":"1185883450","dataChangeEvent":{"entities":[{"name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"}]}}]})";
inline constexpr std::string_view kVectorSignature = "JC2GUwciPmRBwEO7WvrRmKqu9tGOKL8FFallocTFi8Q=";

inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_QUICKBOOKS_SO);
  return loaded;
}

/// A fresh world: every secret has a value and an access token of an hour is there.
inline test::World& world() {
  test::World& world = plugin().world();
  world = {};
  world.now_ns = kNowNs;
  world.secrets = {{"/client_secret", {"secret-of-the-app"}},
                   {"/refresh_token", {"refresh-of-the-company-0"}},
                   {"/verifier_token", {"verifier-token-of-the-app"}}};
  world.kv["access_token"] = {R"({"value":"access-0","expires_at_ns":)" +
                                  std::to_string(kNowNs + 3600 * 1'000'000'000LL) + "}",
                              1};
  return world;
}

inline test::HttpAnswer answer(std::string body, std::uint32_t status = 200) {
  test::HttpAnswer out;
  out.http_status = status;
  out.body = std::move(body);
  return out;
}
inline test::HttpAnswer not_found() {
  return answer(
      R"({"Fault":{"Error":[{"Message":"Object Not Found","Detail":"d","code":"610"}],"type":"ValidationFault"}})",
      400);
}
inline test::HttpAnswer token_answer(std::string_view access = "access-1",
                                     std::string_view refresh = "refresh-of-the-company-1") {
  return answer(R"({"token_type":"bearer","access_token":")" + std::string(access) +
                R"(","expires_in":3600,"refresh_token":")" + std::string(refresh) + R"("})");
}

constexpr std::string_view kTime = "2026-01-16T10:00:00.000-08:00";  // 18:00 UTC

inline test::HttpAnswer cdc(std::string_view responses, std::string_view time = kTime) {
  return answer(R"({"CDCResponse":[{"QueryResponse":[)" + std::string(responses) +
                R"(]}],"time":")" + std::string(time) + R"("})");
}
inline test::HttpAnswer rows(std::string_view entity, std::string_view objects,
                             std::string_view time = kTime) {
  return answer(R"({"QueryResponse":{")" + std::string(entity) + R"(":[)" + std::string(objects) +
                R"(],"startPosition":1},"time":")" + std::string(time) + R"("})");
}
inline std::string object(std::string_view id,
                          std::string_view updated = "2026-01-16T08:02:11-08:00",
                          std::string_view more = "") {
  return R"({"Id":")" + std::string(id) + R"(","SyncToken":"2","MetaData":{"LastUpdatedTime":")" +
         std::string(updated) + R"("})" + std::string(more) + '}';
}
inline std::string deleted(std::string_view id,
                           std::string_view updated = "2026-01-16T09:00:00-08:00") {
  return R"({"domain":"QBO","status":"Deleted","Id":")" + std::string(id) +
         R"(","MetaData":{"LastUpdatedTime":")" + std::string(updated) + R"("}})";
}

/// Answers in turn; what was asked is kept.
struct Script {
  std::deque<test::HttpAnswer> answers;
  std::vector<test::HttpExchange> asked;
  test::HttpAnswer operator()(const test::HttpExchange& exchange) {
    asked.push_back(exchange);
    if (answers.empty()) return answer("unscripted", 418);
    test::HttpAnswer next = answers.front();
    answers.pop_front();
    return next;
  }
};

inline constexpr std::string_view kInvoice =
    R"({"Id":"00145","SyncToken":"2","domain":"QBO","sparse":false,"DocNumber":"1045","TxnDate":"2026-01-15","DueDate":"2026-02-14",)"
    R"("TotalAmt":2850.0,"Balance":100.5,"CurrencyRef":{"value":"USD","name":"US Dollar"},"CustomerRef":{"value":"7","name":"Acme"},)"
    R"("BillEmail":{"Address":"ap@acme.example"},"PrivateNote":"Load LD-88231","LinkedTxn":[{"TxnId":"180","TxnType":"Payment"}],)"
    R"("MetaData":{"CreateTime":"2026-01-15T07:00:00-08:00","LastUpdatedTime":"2026-01-16T08:02:11-08:00"},)"
    R"("Line":[{"Id":"1","Amount":2850.00}],"NewField":null})";

}  // namespace gantry::quickbooks
