#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::frontapp {

/// Header names; Front compares and sends them without regard to case.
inline constexpr std::string_view kSignatureHeader = "X-Front-Signature";
inline constexpr std::string_view kTimestampHeader = "X-Front-Request-Timestamp";
inline constexpr std::string_view kChallengeHeader = "X-Front-Challenge";

/// Decides over one request.
///
/// Application webhook (dev.frontapp.com/docs/application-webhooks): the signature is
/// base64(HMAC-SHA256(signing key, timestamp + ":" + raw body)), the timestamp milliseconds. A
/// request with a challenge is answered with it, after its signature was found good, and is stored
/// only if it carries an event too.
/// Rule webhook (dev.frontapp.com/docs/rule-webhooks): base64(HMAC-SHA1(API secret, raw body)),
/// no timestamp, so there is no replay window and the delivery id has to do.
///
/// Reasons of a rejection: signature_missing, signature_repeated, signature_blank,
/// signature_not_base64, signature_wrong_length, signature_mismatch, timestamp_missing,
/// timestamp_repeated, timestamp_malformed, stale, future, secret_missing, secret_blank,
/// challenge_repeated, challenge_malformed.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

/// The headers that make `request` valid now: an application webhook where a signing key is
/// configured and the mode allows it, else a rule webhook. Throws kConfig without a secret.
std::vector<std::pair<std::string, std::string>> sign(const sdk::Host& host,
                                                      const Settings& settings,
                                                      const sdk::Request& request);

}  // namespace gantry::frontapp
