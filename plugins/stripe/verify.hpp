#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::stripe {

inline constexpr std::string_view kSignatureHeader = "Stripe-Signature";

/// Decides over one request (stripe-python `_webhook.py`): Stripe-Signature is
/// "t=<seconds>,v1=<hex>[,v1=<hex>…]", v1 the hex HMAC-SHA256 of `t + "." + raw body` under the
/// whole text of the secret, "whsec_" included. Any v1 may match any active secret; other schemes
/// (v0) are ignored.
///
/// A genuine thin event (object v2.core.event) holds no object and belongs to another kind of
/// endpoint: answered 400, so that Stripe shows it as failed, and not stored.
///
/// Reasons of a rejection: signature_missing, signature_repeated, signature_blank,
/// signature_malformed, signature_without_v1, signature_mismatch, timestamp_malformed, stale,
/// future, secret_missing, secret_blank.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

/// The header that makes `request` valid now.
sdk::Headers sign(const sdk::Host& host, const sdk::Request& request);

}  // namespace gantry::stripe
