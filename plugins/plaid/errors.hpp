#pragma once

#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/host.hpp>
#include <string>
#include <string_view>

namespace gantry::plaid {

/// error_codes that the sync loop itself answers.
inline constexpr std::string_view kMutation = "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION";
inline constexpr std::string_view kForeignCursor = "INVALID_CURSOR";  ///< Ours, see below.
inline constexpr std::string_view kUnknownKey = "INVALID_WEBHOOK_VERIFICATION_KEY_ID";

/// Plaid's answer as a failure, by error_code and never by the message
/// (plaid.com/docs/errors; the error objects of plaid-openapi 2020-09-14):
///
///   the user must act          kAuth         ITEM_LOGIN_REQUIRED, USER_PERMISSION_REVOKED, …
///   the bank or Plaid is ill   kTransient    INSTITUTION_DOWN, INTERNAL_SERVER_ERROR, …
///   asked too often            kRateLimited  Retry-After, else 60 s and some jitter
///   the loop has to restart    kTransient    kMutation
///   the request is wrong       kConfig       INVALID_REQUEST, INVALID_INPUT
///
/// One exception reads the message: INVALID_FIELD that speaks of the cursor gets the code
/// kForeignCursor, because Plaid has no code of its own for "cursor not associated with
/// access_token", and a new start cures it.
sdk::Failure failure_of(std::string_view doing, const sdk::HttpResponse& response,
                        std::int64_t now_ns);

/// The error_code of a failure, or empty.
std::string_view code_of(const sdk::Failure& failure) noexcept;

/// True for the codes that speak of the team's keys and not of one item.
bool concerns_everybody(std::string_view code) noexcept;

}  // namespace gantry::plaid
