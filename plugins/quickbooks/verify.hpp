#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::quickbooks {

inline constexpr std::string_view kSignatureHeader = "intuit-signature";

/// Decides over one webhook: base64(HMAC-SHA256(verifier token, raw body)), for both formats of the
/// body. There is no time in it, so that the delivery id has to keep replays out: the hash of the
/// events' own ids, or the body's.
///
/// The answer is 200: Intuit holds later events of a company back behind one that fails.
///
/// Reasons of a rejection: signature_missing, signature_repeated, signature_blank,
/// signature_not_base64, signature_wrong_length, signature_mismatch, secret_missing, secret_blank.
sdk::Verdict verify(const sdk::Host& host, const sdk::Request& request);

/// The header that makes `request` valid, for `gantry send`.
std::vector<std::pair<std::string, std::string>> sign(const sdk::Host& host,
                                                      const sdk::Request& request);

}  // namespace gantry::quickbooks
