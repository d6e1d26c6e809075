#include "host/plugins/conformance/webhook_requests.hpp"

namespace gantry::plugins::conformance {
namespace {

std::string with_secrets(std::string text, const Rig& rig, const Subject& subject) {
  constexpr std::string_view kBegin = "${secret:";
  for (auto at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    const auto end = text.find('}', at);
    if (end == std::string::npos) break;
    const std::string pointer = text.substr(at + kBegin.size(), end - at - kBegin.size());
    const auto set = subject.scenario.secrets.find(pointer);
    const auto made = rig.config().secrets.find(pointer);
    std::string value;
    if (set != subject.scenario.secrets.end()) {
      value = set->second.front();
    } else if (made != rig.config().secrets.end() && !made->second.empty()) {
      value = made->second.front();
    } else {
      fail("a secret at " + pointer, "the configuration has none there",
           "correct ${secret:…} in scenario.json, or name a configuration with --config");
    }
    text.replace(at, end + 1 - at, value);
  }
  return text;
}

/// What sign makes of one body, and what its headers depend on.
std::optional<GoodRequest> signed_request(Rig& rig, const std::string& name,
                                          const InboundRequest& plain) {
  const Signed made = rig.sign(plain);
  if (!made.said.ok()) return std::nullopt;
  GoodRequest good{name, plain, made.headers};
  append(good.request.headers, made.headers);
  InboundRequest other = plain;
  other.body += ' ';
  const net::Headers others = rig.sign(other).headers;
  good.covers_body = others != made.headers;
  for (std::size_t i = 0; i < made.headers.size(); ++i) {
    const auto& [header, value] = made.headers[i];
    bool proof = i >= others.size() || others[i].second != value;
    for (const auto& [pointer, secrets] : rig.config().secrets) {
      for (const std::string& secret : secrets) proof |= value.find(secret) != std::string::npos;
    }
    if (proof) good.proofs.insert(header);
  }
  const Instant now = rig.host().now;
  rig.host().now += std::chrono::hours{24};
  good.covers_time = rig.sign(plain).headers != made.headers;
  rig.host().now = now;
  return good;
}

}  // namespace

InboundRequest fill_in(const Rig& rig, const Subject& subject, const KnownRequest& known) {
  InboundRequest request = rig.request(with_secrets(known.body, rig, subject));
  request.method = known.method;
  if (!known.url.empty()) {
    request.url = known.url;
    const auto path = known.url.find('/', known.url.find("//") + 2);
    request.target = path == std::string::npos ? "/" : known.url.substr(path);
  }
  for (const auto& [name, value] : known.headers) {
    request.headers.emplace_back(name, with_secrets(value, rig, subject));
  }
  return request;
}

std::vector<GoodRequest> good_requests(Rig& rig, const Subject& subject) {
  std::vector<GoodRequest> out;
  for (const KnownRequest& known : subject.scenario.requests) {
    if (known.verdict == "reject") continue;
    GoodRequest good{known.name, fill_in(rig, subject, known)};
    good.covers_body = known.covers_body;
    good.reply = known.verdict == "reply";
    out.push_back(std::move(good));
  }
  std::vector<InboundRequest> plain;
  for (const GoodRequest& good : out) {
    if (good.reply) continue;
    InboundRequest bare = rig.request(good.request.body);
    bare.method = good.request.method;
    plain.push_back(std::move(bare));
  }
  plain.push_back(rig.request(R"({"id":"check-1","type":"check","data":{"id":"1"}})"));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    auto good = signed_request(rig, "signed request " + std::to_string(i + 1), plain[i]);
    if (good) out.push_back(std::move(*good));
  }
  return out;
}

}  // namespace gantry::plugins::conformance
