#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::hubspot {

inline constexpr std::string_view kV3Header = "X-HubSpot-Signature-v3";
inline constexpr std::string_view kTimestampHeader = "X-HubSpot-Request-Timestamp";
inline constexpr std::string_view kSignatureHeader = "X-HubSpot-Signature";
inline constexpr std::string_view kVersionHeader = "X-HubSpot-Signature-Version";

/// Decides over one webhook, by HubSpot's three schemes (hubspot-api-python, utils/signature.py):
///   v3  base64(HMAC-SHA256(client secret, METHOD + URI + body + timestamp)), milliseconds
///   v2  hex(SHA-256(client secret + METHOD + URI + body))
///   v1  hex(SHA-256(client secret + body))
/// Where v3 is sent and accepted it decides alone. The URI is the configured one with the request's
/// query. A signed body that is no JSON is accepted: parsing makes it a dead letter.
///
/// The delivery id is the SHA-256 over the keys of all events without their attempt numbers.
///
/// Reasons of a rejection: signature_missing, signature_repeated, signature_blank,
/// signature_malformed, signature_mismatch, timestamp_missing, timestamp_repeated, timestamp_blank,
/// timestamp_malformed, stale, future, version_missing, version_repeated, version_blank,
/// version_refused, public_url_missing, secret_missing, secret_blank.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

/// The headers that make `request` valid now, of the best version that is accepted. Throws kConfig
/// without a secret or, for v2 and v3, without public_url.
sdk::Headers sign(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

}  // namespace gantry::hubspot
