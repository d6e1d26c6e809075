#include "host/plugins/abi/report.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/verdict.hpp"
#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {
namespace {

/// The request as the plugin sees it, every byte of it guarded. In the long shape the elements of
/// the header array are larger than today's pair: only who steps by header_stride finds them.
class RequestView {
 public:
  RequestView(const InboundRequest& request, Shape shape)
      : body_(request.body),
        stride_(sizeof(gantry_pair) * (shape == Shape::kLong ? 2 : 1)),
        headers_(pack(request, stride_)),
        native_(make(request), shape) {}

  const gantry_request* native() const noexcept { return native_.get(); }

 private:
  static std::string pack(const InboundRequest& request, std::size_t stride) {
    std::string out(request.headers.size() * stride, '\xA5');
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const gantry_pair pair{abi::span_of(request.headers[i].first),
                             abi::span_of(request.headers[i].second)};
      std::memcpy(out.data() + i * stride, &pair, sizeof pair);
    }
    return out;
  }

  gantry_request make(const InboundRequest& request) const {
    gantry_request out{};
    out.header_count = static_cast<std::uint32_t>(request.headers.size());
    out.header_stride = static_cast<std::uint32_t>(stride_);
    out.headers = reinterpret_cast<const gantry_pair*>(headers_.data());
    out.method = abi::span_of(request.method);
    out.target = abi::span_of(request.target);
    out.url = abi::span_of(request.url);
    out.body = {body_.data(), request.body.size()};
    out.remote = abi::span_of(request.remote);
    out.received_at_ns = request.received_at.time_since_epoch().count();
    return out;
  }

  const GuardedBytes body_;
  const std::size_t stride_;
  const GuardedBytes headers_;
  const Guarded<gantry_request> native_;
};

}  // namespace

bool Verified::accepted() const noexcept {
  return said.ok() && broken.empty() && verdict.decision != plugins::Verdict::Decision::kReject;
}

std::string Verified::text() const {
  if (!said.ok()) return "verify returned " + said.text();
  if (!broken.empty()) return broken;
  const std::string reason = verdict.reason.empty() ? "" : " (" + verdict.reason + ')';
  switch (verdict.decision) {
    case plugins::Verdict::Decision::kReject:
      return "REJECT" + reason;
    case plugins::Verdict::Decision::kAccept:
      return "ACCEPT" + reason;
    case plugins::Verdict::Decision::kReply:
      return "REPLY" + reason;
  }
  return "no decision";
}

InboundRequest Rig::request(std::string body) const {
  InboundRequest out;
  out.method = "POST";
  out.target = "/webhooks/check-source";
  out.url = "https://gantry.test/webhooks/check-source";
  out.headers = {{"Host", "gantry.test"}, {"Content-Type", "application/json"}};
  out.body = std::move(body);
  out.remote = "192.0.2.10";
  out.received_at = host_.now;
  return out;
}

Verified Rig::verify(const InboundRequest& request) {
  const gantry_webhook* const hook = webhook();
  const RequestView view(request, options_.shape);
  abi::VerdictReceiver receiver;
  const Guarded<gantry_verdict> verdict(*receiver.native(), options_.shape);
  Verified out;
  out.said = call([&](const gantry_call* native) {
    return hook->verify(instance_, native, view.native(), verdict.get());
  });
  auto taken = receiver.take(request.body);
  if (taken) {
    out.verdict = std::move(*taken);
  } else {
    out.broken = taken.error().what;
  }
  return out;
}

Said Rig::parse(const InboundRequest& request, Taken& taken) {
  const gantry_webhook* const hook = webhook();
  const RequestView view(request, options_.shape);
  StopPlan plan;
  BenchSink sink(host_.source(), request.received_at, plan, options_.shape);
  Said said = call([&](const gantry_call* native) {
    return hook->parse(instance_, native, view.native(), sink.native());
  });
  taken = std::move(sink.taken());
  return said;
}

Signed Rig::sign(const InboundRequest& request) {
  const gantry_webhook* const hook = webhook();
  Signed out;
  if (hook->sign == nullptr) {
    out.said.status = GANTRY_UNSUPPORTED;
    return out;
  }
  const RequestView view(request, options_.shape);
  out.said = call([&](const gantry_call* native) {
    return hook->sign(
        instance_, native, view.native(),
        [](void* impl, gantry_span name, gantry_span value) noexcept {
          static_cast<net::Headers*>(impl)->emplace_back(
              abi::view_of(name).value_or(std::string_view{}),
              abi::view_of(value).value_or(std::string_view{}));
        },
        &out.headers);
  });
  return out;
}

Reported Rig::check() {
  const auto* const table =
      static_cast<const gantry_check*>(capability(GANTRY_CAP_CHECK, sizeof(gantry_check)));
  abi::ReportReceiver receiver;
  const Guarded<gantry_report> report(*receiver.native(), options_.shape);
  Reported out;
  out.said = call(
      [&](const gantry_call* native) { return table->check(instance_, native, report.get()); });
  out.findings = std::move(receiver.findings());
  return out;
}

}  // namespace gantry::plugins::conformance
