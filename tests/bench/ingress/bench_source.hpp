#pragma once

#include <string>
#include <string_view>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/ingress/listener.hpp"

namespace gantry::bench {

inline constexpr std::string_view kSecret = "bench-signing-secret";

/// What Front's application webhooks ask of a receiver: base64 HMAC-SHA256 over timestamp, colon
/// and raw body. The replay window is left out on both sides, so that bodies can be signed
/// beforehand.
class FrontSource final : public plugins::Source {
 public:
  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return id_; }
  bool has(std::string_view capability) const override { return capability == "gantry.webhook/1"; }

  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest& request) const override {
    plugins::Verdict verdict;
    std::string_view timestamp, signature;
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Front-Request-Timestamp") timestamp = value;
      if (name == "X-Front-Signature") signature = value;
    }
    std::string signed_text;
    signed_text.reserve(timestamp.size() + 1 + request.body.size());
    signed_text.append(timestamp).append(":").append(request.body);
    const std::string expected = to_base64(hmac_sha256(kSecret, signed_text));
    if (!constant_time_equal(expected, signature)) {
      verdict.reason = "bad_signature";
      return verdict;
    }
    // {"id":"evt_…: the first field of the bench's bodies, as Front sends it.
    constexpr std::string_view kStart = R"({"id":")";
    const std::string_view body = request.body;
    verdict.delivery_id = body.substr(kStart.size(), body.find('"', kStart.size()) - kStart.size());
    verdict.decision = plugins::Verdict::Decision::kAccept;
    return verdict;
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery&,
                                               const plugins::CallScope&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "bench");
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "bench");
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "bench");
  }

 private:
  const std::string id_ = "front";
};

class OneSource final : public ingress::SourceLookup {
 public:
  std::shared_ptr<const plugins::Source> find(std::string_view name) const override {
    return name == "front" ? source_ : nullptr;
  }

 private:
  const std::shared_ptr<const plugins::Source> source_ = std::make_shared<FrontSource>();
};

}  // namespace gantry::bench
