#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "keys.hpp"
#include "settings.hpp"

namespace gantry::plaid {

inline constexpr std::string_view kTokenHeader = "Plaid-Verification";

/// Decides over one webhook (plaid.com/docs/api/webhooks/webhook-verification): a JWS of ES256 and
/// nothing else, a known key that has not expired, at most `tolerance` old, and the raw body's
/// SHA-256 in its claims.
///
/// The delivery id is the token's hash and never the body's: two webhooks with the same body are
/// two events.
///
/// Reasons of a rejection: token_missing, token_repeated, token_blank, token_malformed,
/// algorithm_refused, key_unknown, key_expired, signature_wrong_length, signature_mismatch,
/// timestamp_malformed, stale, future, body_mismatch.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, KeyRing& keys,
                    const sdk::Request& request);

/// The hash of the request's token, or of its body where it has none: one per delivery.
std::string delivery_id(const sdk::Host& host, const sdk::Request& request);

}  // namespace gantry::plaid
