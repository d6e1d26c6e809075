#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::plaid {

/// The token of a Plaid-Verification header, taken apart and not believed yet
/// (plaid.com/docs/api/webhooks/webhook-verification; RFC 7515 compact form).
struct Token {
  std::string algorithm;
  std::string kid;
  std::string issued_at;         ///< iat, decimal seconds as sent.
  std::string body_sha256;       ///< Hex.
  std::string_view signed_part;  ///< header.payload, borrowed from the text.
  std::string signature;         ///< Raw r||s, if it is one of ES256.
};

/// Nothing where the text is no compact JWS with JSON in its first two parts, is longer than 8 KiB,
/// or names a critical extension: all of them must be understood.
std::optional<Token> read_token(std::string_view text);

}  // namespace gantry::plaid
