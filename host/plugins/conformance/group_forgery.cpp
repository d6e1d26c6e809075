#include "host/plugins/conformance/webhook_requests.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr std::size_t kFlipsMax = 256;

/// Positions to try: all of them, or a sample that the seed chooses.
std::vector<std::size_t> positions(std::size_t count, const Subject& subject) {
  std::vector<std::size_t> out;
  if (count <= kFlipsMax) {
    for (std::size_t i = 0; i < count; ++i) out.push_back(i);
    return out;
  }
  auto random = subject.random(51);
  for (std::size_t i = 0; i < kFlipsMax; ++i) out.push_back(random() % count);
  return out;
}

Outcome flipped_body(const Subject& subject) {
  Rig rig(subject);
  std::size_t tried = 0;
  for (const GoodRequest& good : good_requests(rig, subject)) {
    if (!good.covers_body || good.reply || !rig.verify(good.request).accepted()) continue;
    for (const std::size_t bit : positions(good.request.body.size() * 8, subject)) {
      InboundRequest forged = good.request;
      char& byte = forged.body[bit / 8];
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      ++tried;
      const Verified seen = rig.verify(forged);
      if (!seen.accepted()) continue;
      return failed(
          "REJECT for " + good.name + " with bit " + std::to_string(bit) + " of the body flipped",
          seen.text(), "sign the whole raw body, not a parsed form of it");
    }
  }
  if (tried > 0) return passed(std::to_string(tried) + " bits");
  return passed("no signature that is known to cover the body");
}

Outcome flipped_signature(const Subject& subject) {
  constexpr std::size_t kSignatureMin = 16;
  Rig rig(subject);
  std::size_t tried = 0;
  for (const GoodRequest& good : good_requests(rig, subject)) {
    if (good.signature.empty() || !rig.verify(good.request).accepted()) continue;
    const std::size_t first = good.request.headers.size() - good.signature.size();
    for (std::size_t i = first; i < good.request.headers.size(); ++i) {
      const std::string& name = good.request.headers[i].first;
      const std::string& value = good.request.headers[i].second;
      if (value.size() < kSignatureMin || !good.proofs.contains(name)) continue;
      for (const std::size_t at : positions(value.size(), subject)) {
        InboundRequest forged = good.request;
        // The lowest bit: flipping the one for letter case would leave a hexadecimal value as it
        // is.
        char& byte = forged.headers[i].second[at];
        byte = static_cast<char>(byte ^ 1);
        ++tried;
        const Verified seen = rig.verify(forged);
        if (!seen.accepted()) continue;
        return failed(
            "REJECT with a bit of byte " + std::to_string(at) + " of " + name + " flipped",
            seen.text(), "compare every byte of the signature, with crypto.equal");
      }
    }
  }
  if (tried > 0) return passed(std::to_string(tried) + " bits");
  return passed("the plugin signs nothing that could be changed");
}

Outcome replayed(const Subject& subject) {
  Rig rig(subject);
  std::size_t tried = 0;
  for (const GoodRequest& good : good_requests(rig, subject)) {
    if (!good.covers_time || !rig.verify(good.request).accepted()) continue;
    for (const int days : {30, -30}) {
      InboundRequest late = good.request;
      late.received_at += std::chrono::hours{24 * days};
      rig.host().now = late.received_at;
      ++tried;
      const Verified seen = rig.verify(late);
      rig.host().now = good.request.received_at;
      if (!seen.accepted()) continue;
      return failed(std::string("REJECT for a request that was signed 30 days ") +
                        (days > 0 ? "ago" : "ahead"),
                    seen.text(), "compare the signed time with request.received_at");
    }
  }
  if (tried > 0) return passed();
  return passed("no signed time to compare");
}

Outcome duplicated(const Subject& subject) {
  Rig rig(subject);
  for (const GoodRequest& good : good_requests(rig, subject)) {
    if (good.signature.empty() || !rig.verify(good.request).accepted()) continue;
    const InboundRequest& request = good.request;
    const std::size_t first = request.headers.size() - good.signature.size();
    InboundRequest forged = request;
    for (std::size_t i = first; i < request.headers.size(); ++i) {
      auto& [name, value] = forged.headers[i];
      value.assign(value.size(), '0');
      forged.headers.emplace_back(name, std::string(value.size(), '1'));
    }
    const Verified seen = rig.verify(forged);
    if (seen.accepted()) {
      return failed("REJECT for two wrong signatures", seen.text(),
                    "reject a repeated signature header, or try every one");
    }
    // A good one beside a forged one may go either way; it only must be decided.
    InboundRequest both = request;
    append(both.headers,
           {forged.headers.begin() + static_cast<std::ptrdiff_t>(first), forged.headers.end()});
    const Verified decided = rig.verify(both);
    if (!decided.said.ok() || !decided.broken.empty()) {
      return failed("a decision where headers come twice", decided.text(),
                    "decide; never fail on what a sender can send");
    }
  }
  return passed();
}

Outcome unsigned_request(const Subject& subject) {
  Rig rig(subject);
  for (const GoodRequest& good : good_requests(rig, subject)) {
    if (good.reply) continue;
    InboundRequest bare = rig.request(good.request.body);
    bare.method = good.request.method;
    Verified seen = rig.verify(bare);
    if (seen.accepted()) {
      return failed("REJECT without the headers that prove the sender", seen.text(),
                    "a missing signature is a wrong one");
    }
    for (const auto& [name, value] : good.signature) bare.headers.emplace_back(name, "");
    seen = rig.verify(bare);
    if (seen.accepted()) {
      return failed("REJECT with empty signature headers", seen.text(),
                    "an empty signature is a wrong one");
    }
  }
  const Verified seen = rig.verify(rig.request("{}"));
  if (!seen.accepted()) return passed();
  return warned("REJECT for a request without any signature", seen.text(),
                "whoever knows the address can post: ask for a token at least");
}

}  // namespace

std::vector<Test> forgery_tests() {
  return {
      {5, "webhook.unsigned", "A request without proof is rejected.", Needs::kWebhook,
       unsigned_request},
      {5, "webhook.flipped_body", "A changed body is rejected.", Needs::kWebhook, flipped_body},
      {5, "webhook.flipped_signature", "A changed signature is rejected.", Needs::kWebhook,
       flipped_signature},
      {5, "webhook.replayed", "A request of another day is rejected.", Needs::kWebhook, replayed},
      {5, "webhook.duplicated", "Repeated headers forge nothing.", Needs::kWebhook, duplicated},
  };
}

}  // namespace gantry::plugins::conformance
