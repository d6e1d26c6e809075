#include "verify.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/signature.hpp>

#include "event.hpp"

namespace gantry::samsara {
namespace {

constexpr std::string_view kVersion = "v1=";
constexpr std::size_t kDeliveryIdMax = 256;

sdk::Digest mac_of(const sdk::Host& host, std::string_view secret, std::string_view timestamp,
                   std::string_view body) {
  const auto key = sdk::from_base64(sdk::trim(secret));
  if (!key || key->empty()) {
    throw sdk::Failure(sdk::Status::kConfig, "webhook_secret is not base64: copy it from Samsara")
        .pointer(std::string(kWebhookSecret));
  }
  return host.hmac(sdk::Hash::kSha256, *key, {"v1:", timestamp, ":", body});
}

}  // namespace

sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  using sdk::Verdict;
  std::string_view signature;
  std::string_view timestamp;
  if (auto no = sdk::take_header(request, kSignatureHeader, "signature", signature)) {
    return Verdict::reject(*no);
  }
  if (auto no = sdk::take_header(request, kTimestampHeader, "timestamp", timestamp)) {
    return Verdict::reject(*no);
  }
  if (auto no = sdk::check_age(timestamp, sdk::TimeUnit::kSeconds, request.received_at_ns(),
                               settings.tolerance)) {
    return Verdict::reject(*no);
  }
  if (!signature.starts_with(kVersion)) return Verdict::reject("signature_malformed");
  const auto sent = sdk::from_hex(signature.substr(kVersion.size()));
  if (!sent || sent->size() != 32) return Verdict::reject("signature_malformed");
  if (auto no = sdk::check_secret(host, kWebhookSecret, *sent, [&](std::string_view secret) {
        return mac_of(host, secret, timestamp, request.body());
      })) {
    return Verdict::reject(*no);
  }
  std::string id = event_id_of(request.body());
  if (id.size() > kDeliveryIdMax) id.clear();
  return Verdict::accept(std::move(id));
}

sdk::Headers sign(const sdk::Host& host, const sdk::Request& request) {
  const sdk::Secret secret = sdk::signing_secret(host, kWebhookSecret);
  const std::string timestamp = std::to_string(host.now_ns() / 1'000'000'000);
  const sdk::Digest mac = mac_of(host, secret.view(), timestamp, request.body());
  return {{std::string(kTimestampHeader), timestamp},
          {std::string(kSignatureHeader), std::string(kVersion) + sdk::to_hex(mac.view())}};
}

}  // namespace gantry::samsara
