#include "errors.hpp"

#include <algorithm>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/vendor.hpp>
#include <iterator>

namespace gantry::plaid {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::string_view kLink =
    "the user must sign in again: open Link in update mode, then resume";
constexpr std::string_view kConsent =
    "the user withdrew the consent: connect the item anew in Link";
constexpr std::string_view kToken = "the access token is not one of this team and environment";
constexpr std::string_view kKeys =
    "client_id and secret do not belong together or to this environment";
constexpr std::string_view kWait = "it will be tried again";

struct Row {
  std::string_view code;
  Status status;
  std::string_view remedy;
};
constexpr Row kRows[] = {
    {"ITEM_LOGIN_REQUIRED", Status::kAuth, kLink},
    {"INVALID_CREDENTIALS", Status::kAuth, kLink},
    {"INVALID_MFA", Status::kAuth, kLink},
    {"INSUFFICIENT_CREDENTIALS", Status::kAuth, kLink},
    {"INVALID_UPDATED_USERNAME", Status::kAuth, kLink},
    {"ITEM_LOCKED", Status::kAuth, "the bank locked the account: the user must unlock it there"},
    {"USER_SETUP_REQUIRED", Status::kAuth, "the user must finish the set-up at the bank"},
    {"MFA_NOT_SUPPORTED", Status::kAuth, "the bank asks for a way to sign in that Plaid has not"},
    {"PENDING_DISCONNECT", Status::kAuth, kLink},
    {"PENDING_EXPIRATION", Status::kAuth, kLink},
    {"USER_PERMISSION_REVOKED", Status::kAuth, kConsent},
    {"USER_ACCOUNT_REVOKED", Status::kAuth, kConsent},
    {"ACCESS_NOT_GRANTED", Status::kAuth, kConsent},
    {"ADDITIONAL_CONSENT_REQUIRED", Status::kAuth, kLink},
    {"ITEM_NOT_FOUND", Status::kAuth, kConsent},
    {"NO_ACCOUNTS", Status::kAuth, kLink},
    {"INVALID_ACCESS_TOKEN", Status::kAuth, kToken},
    {"INVALID_API_KEYS", Status::kAuth, kKeys},
    {"UNAUTHORIZED_ENVIRONMENT", Status::kAuth, kKeys},
    {"INSTITUTION_DOWN", Status::kTransient, kWait},
    {"INSTITUTION_NOT_RESPONDING", Status::kTransient, kWait},
    {"INSTITUTION_NOT_AVAILABLE", Status::kTransient, kWait},
    {"INTERNAL_SERVER_ERROR", Status::kTransient, kWait},
    {"PLANNED_MAINTENANCE", Status::kTransient, kWait},
    {"PRODUCT_NOT_READY", Status::kTransient, kWait},
    {kMutation, Status::kTransient, kWait},
    {"INSTITUTION_NO_LONGER_SUPPORTED", Status::kConfig, "take the item out of items"},
    {"PRODUCTS_NOT_SUPPORTED", Status::kConfig,
     "the item has no transactions; take it out of items"},
};

struct TypeRow {
  std::string_view type;
  Status status;
  std::string_view remedy;
};
/// For a code that is not in the table.
constexpr TypeRow kTypes[] = {
    {"RATE_LIMIT_EXCEEDED", Status::kRateLimited, "asked too often"},
    {"ITEM_ERROR", Status::kAuth, kLink},
    {"INSTITUTION_ERROR", Status::kTransient, kWait},
    {"API_ERROR", Status::kTransient, kWait},
    {"TRANSACTIONS_ERROR", Status::kTransient, kWait},
    {"INVALID_REQUEST", Status::kConfig,
     "Plaid does not take the request; report it with the code"},
    {"INVALID_INPUT", Status::kConfig, "Plaid does not take a value of the configuration"},
};

bool speaks_of_cursor(const Json& error) {
  std::string message(error["error_message"].text());
  std::transform(message.begin(), message.end(), message.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return error["error_code"].text() == "INVALID_FIELD" && message.find("cursor") != message.npos;
}

/// Sixty seconds for everybody at once would bring everybody back at once.
std::chrono::nanoseconds about_a_minute(std::int64_t now_ns) {
  return std::chrono::seconds(60) + std::chrono::milliseconds(now_ns / 1'000 % 15'000);
}

Failure make(Status status, std::string_view doing, std::string_view code, std::string_view remedy,
             const Json& error) {
  return Failure(status, "Plaid: " + std::string(doing) + ": " + std::string(code) + ": " +
                             std::string(remedy))
      .code(std::string(code))
      .detail(std::string(error["error_message"].text().substr(0, 512)));
}

}  // namespace

Failure failure_of(std::string_view doing, const sdk::HttpResponse& response, std::int64_t now_ns) {
  const Json error = Json::parse_or_null(response.body);
  const std::string_view code = error["error_code"].text();
  const std::string_view type = error["error_type"].text();
  if (code.empty() || code.size() > 128) {
    try {
      sdk::throw_for_status({"Plaid"}, doing, response);
    } catch (const Failure& failure) {
      return failure;
    }
    return Failure(Status::kTransient, "Plaid: " + std::string(doing) + ": HTTP " +
                                           std::to_string(response.status) +
                                           " without an error_code; is it Plaid that answers?")
        .code(std::to_string(response.status))
        .detail(response.body.substr(0, 512));
  }
  if (speaks_of_cursor(error)) {
    return make(Status::kData, doing, kForeignCursor, "the cursor is not one of this item", error);
  }
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& known) { return known.code == code; });
  if (row != std::end(kRows)) {
    return make(row->status, doing, code, row->remedy, error).retry_after(response.retry_after);
  }
  if (type == "RATE_LIMIT_EXCEEDED" || response.status == 429) {
    const bool timed = response.retry_after.count() > 0;
    return make(Status::kRateLimited, doing, code, "asked too often", error)
        .retry_after(timed ? response.retry_after : about_a_minute(now_ns));
  }
  const auto* kind = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeRow& known) { return known.type == type; });
  if (kind != std::end(kTypes)) return make(kind->status, doing, code, kind->remedy, error);
  const bool ill = response.status >= 500;
  return make(ill ? Status::kTransient : Status::kConfig, doing, code,
              ill ? kWait : "an error that this connector does not know", error);
}

std::string_view code_of(const Failure& failure) noexcept {
  const gantry_error error = failure.abi();
  return sdk::view(error.code);
}

bool concerns_everybody(std::string_view code) noexcept {
  return code == "INVALID_API_KEYS" || code == "UNAUTHORIZED_ENVIRONMENT";
}

}  // namespace gantry::plaid
