#include "verify.hpp"

#include <algorithm>
#include <gantry/sdk/signature.hpp>

#include "events.hpp"

namespace gantry::quickbooks {
namespace {

using sdk::Verdict;

/// Empty where the body cannot be read: then its hash has to do, and parse says what is wrong.
std::string delivery_id(const sdk::Host& host, std::string_view body) {
  std::vector<std::string> keys;
  try {
    for (Event& event : read_events(body)) keys.push_back(std::move(event.dedupe_key));
  } catch (const sdk::Failure&) {
    return {};
  }
  if (keys.empty()) return {};
  std::sort(keys.begin(), keys.end());
  std::string all;
  for (const std::string& key : keys) all += key + '\n';
  return sdk::to_hex(host.digest(sdk::Hash::kSha256, {all}).view());
}

}  // namespace

Verdict verify(const sdk::Host& host, const sdk::Request& request) {
  std::string_view signature;
  if (auto no = sdk::take_header(request, kSignatureHeader, "signature", signature)) {
    return Verdict::reject(*no);
  }
  const auto sent = sdk::from_base64(signature);
  if (!sent) return Verdict::reject("signature_not_base64");
  if (auto no =
          sdk::check_hmac(host, kVerifierToken, sdk::Hash::kSha256, {request.body()}, *sent)) {
    return Verdict::reject(*no);
  }
  return Verdict::accept(delivery_id(host, request.body())).answer(200, "application/json", "{}");
}

std::vector<std::pair<std::string, std::string>> sign(const sdk::Host& host,
                                                      const sdk::Request& request) {
  const sdk::Secret secret = sdk::signing_secret(host, kVerifierToken);
  const auto mac = host.hmac(sdk::Hash::kSha256, secret.view(), {request.body()});
  return {{std::string(kSignatureHeader), sdk::to_base64(mac.view())}};
}

}  // namespace gantry::quickbooks
