#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::samsara {

inline constexpr std::string_view kSignatureHeader = "X-Samsara-Signature";
inline constexpr std::string_view kTimestampHeader = "X-Samsara-Timestamp";

/// Decides over one webhook. Signature: "v1=" + hex(HMAC-SHA256(base64-decoded secret,
/// "v1:" + timestamp + ":" + raw body)), the timestamp in seconds (Samsara's signer as quoted by
/// the tests of samsara-dotnet). The delivery id is the event's id.
///
/// Reasons of a rejection: signature_missing, signature_repeated, signature_blank,
/// signature_malformed, signature_mismatch, timestamp_missing, timestamp_repeated, timestamp_blank,
/// timestamp_malformed, stale, future, secret_missing, secret_blank.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

/// The headers that make `request` valid now. Throws kConfig without a secret or with one that is
/// not base64.
sdk::Headers sign(const sdk::Host& host, const sdk::Request& request);

}  // namespace gantry::samsara
