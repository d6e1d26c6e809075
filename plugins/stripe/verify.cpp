#include "verify.hpp"

#include <gantry/sdk/peek.hpp>
#include <gantry/sdk/signature.hpp>
#include <string>
#include <vector>

namespace gantry::stripe {
namespace {

using sdk::Objection;
using sdk::Verdict;

constexpr std::size_t kDeliveryIdMax = 256;
constexpr std::size_t kSignaturesMax = 16;  // Stripe sends one per active secret: two at most.

struct Signature {
  std::string_view timestamp;
  std::vector<std::string> v1;  ///< Raw MACs.
};

Objection read_signature(std::string_view header, Signature& out) {
  std::size_t seen = 0;
  while (!header.empty()) {
    const auto comma = header.find(',');
    const std::string_view item = sdk::trim(header.substr(0, comma));
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
    const auto equals = item.find('=');
    if (equals == std::string_view::npos || ++seen > kSignaturesMax) return "signature_malformed";
    const std::string_view scheme = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (scheme == "t") {
      // Two times would let one be checked and the other be signed.
      if (!out.timestamp.empty() || value.empty()) return "timestamp_malformed";
      out.timestamp = value;
    } else if (scheme == "v1") {
      // One that is no hex cannot match; another one of the header still may.
      if (auto mac = sdk::from_hex(value); mac && mac->size() == 32) {
        out.v1.push_back(std::move(*mac));
      }
    }
  }
  if (out.timestamp.empty()) return "timestamp_malformed";
  if (out.v1.empty()) return "signature_without_v1";
  return std::nullopt;
}

Objection check_signature(const sdk::Host& host, const Signature& signature,
                          std::string_view body) {
  Objection objection;
  for (const auto& mac : signature.v1) {
    objection = sdk::check_hmac(host, kSigningSecret, sdk::Hash::kSha256,
                                {signature.timestamp, ".", body}, mac);
    if (!objection) return std::nullopt;
  }
  return objection;
}

Verdict refuse_thin_event() {
  return Verdict::reply(
      400, "application/json",
      R"({"error":"thin event","remedy":"send snapshot events to this address"})");
}

}  // namespace

Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  std::string_view header;
  if (auto no = sdk::take_header(request, kSignatureHeader, "signature", header)) {
    return Verdict::reject(*no);
  }
  Signature signature;
  if (auto no = read_signature(header, signature)) return Verdict::reject(*no);
  if (auto no = sdk::check_age(signature.timestamp, sdk::TimeUnit::kSeconds,
                               request.received_at_ns(), settings.tolerance)) {
    return Verdict::reject(*no);
  }
  if (auto no = check_signature(host, signature, request.body())) return Verdict::reject(*no);

  const auto found = sdk::peek_texts(request.body(), {"/id", "/object"});
  if (!found) return Verdict::accept();  // Signed but no JSON: parse says what is wrong.
  const std::string& id = (*found)[0];
  if ((*found)[1] == "v2.core.event") return refuse_thin_event();
  return Verdict::accept(id.size() <= kDeliveryIdMax ? id : std::string());
}

sdk::Headers sign(const sdk::Host& host, const sdk::Request& request) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const sdk::Secret secret = sdk::signing_secret(host, kSigningSecret);
  const std::string timestamp = std::to_string(host.now_ns() / kNsPerSecond);
  const auto mac = host.hmac(sdk::Hash::kSha256, secret.view(), {timestamp, ".", request.body()});
  return {{std::string(kSignatureHeader), "t=" + timestamp + ",v1=" + sdk::to_hex(mac.view())}};
}

}  // namespace gantry::stripe
