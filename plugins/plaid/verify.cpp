#include "verify.hpp"

#include <gantry/sdk/signature.hpp>

#include "jwt.hpp"

namespace gantry::plaid {

using sdk::Verdict;

Verdict verify(const sdk::Host& host, const Settings& settings, KeyRing& keys,
               const sdk::Request& request) {
  std::string_view text;
  if (auto no = sdk::take_header(request, kTokenHeader, "token", text)) {
    return Verdict::reject(*no);
  }
  const auto token = read_token(text);
  if (!token) return Verdict::reject("token_malformed");
  // Before anything else: the key of another algorithm could be one that everybody knows.
  if (token->algorithm != "ES256") return Verdict::reject("algorithm_refused");
  if (token->signature.size() != 64) return Verdict::reject("signature_wrong_length");
  if (auto no = sdk::check_age(token->issued_at, sdk::TimeUnit::kSeconds, request.received_at_ns(),
                               settings.tolerance)) {
    return Verdict::reject(*no);
  }
  const auto body = host.digest(sdk::Hash::kSha256, {request.body()});
  if (!host.equal(sdk::to_hex(body.view()), token->body_sha256)) {
    return Verdict::reject("body_mismatch");
  }
  // Last: only a webhook that is fresh and whole may make us want a key.
  const auto key = keys.find(token->kid);
  if (!key) return Verdict::reject("key_unknown");
  if (key->expired_at_ns != 0 && key->expired_at_ns <= request.received_at_ns()) {
    return Verdict::reject("key_expired");
  }
  if (!host.verify_es256(key->x, key->y, token->signed_part, token->signature)) {
    return Verdict::reject("signature_mismatch");
  }
  // Anything but 200 counts as failed and is sent again (support.plaid.com 40390675922967).
  return Verdict::accept(delivery_id(host, request)).answer(200, "application/json", "{}");
}

std::string delivery_id(const sdk::Host& host, const sdk::Request& request) {
  const auto tokens = request.headers(kTokenHeader);
  const auto hash = host.digest(sdk::Hash::kSha256, {tokens.empty() ? request.body() : tokens[0]});
  return sdk::to_hex(hash.view());
}

}  // namespace gantry::plaid
