#include "host/net/http_client.hpp"

#include <algorithm>

#include "host/net/request_gate.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"
#include "host/plugins/host_context.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

constexpr std::uint32_t kHeadersMax = 256;
constexpr std::uint64_t kResponseMaxDefault = 16U << 20U;
constexpr std::uint64_t kResponseMaxLimit = 256U << 20U;
constexpr std::chrono::seconds kTimeoutDefault{30};
// A longer wait for the source's turn is the caller's: a workflow sleeps durably and costs no
// thread, and this stays below every heartbeat time-out.
constexpr std::chrono::nanoseconds kTurnPatience = std::chrono::seconds{20};

void explain(const gantry_call* call, const Error& error,
             std::chrono::nanoseconds retry_after = {}) {
  if (call == nullptr) return;
  gantry_error out{};
  out.struct_size = sizeof out;
  out.retry_after_ns = retry_after.count();
  out.message = abi::span_of(error.what);
  out.detail = abi::span_of(error.upstream);
  call->set_error(call, &out);
}

Result<net::HttpRequest> read_request(const gantry_http_request* raw) {
  const Error malformed{ErrorKind::kInternal, "http send: malformed gantry_http_request"};
  const auto read = abi::read_struct(raw, sizeof(gantry_http_request));
  if (!read || read->header_count > kHeadersMax ||
      (read->header_count > 0 && read->headers == nullptr)) {
    return malformed;
  }
  const auto method = abi::view_of(read->method);
  const auto url = abi::view_of(read->url);
  const auto body = abi::view_of(read->body);
  if (!method || !url || !body) return malformed;
  net::HttpRequest request;
  request.method = *method;
  request.url = *url;
  request.body = *body;
  for (std::uint32_t i = 0; i < read->header_count; ++i) {
    const auto name = abi::view_of(read->headers[i].name);
    const auto value = abi::view_of(read->headers[i].value);
    if (!name || !value) return malformed;
    request.headers.emplace_back(*name, *value);
  }
  request.timeout = read->timeout_ns > 0 ? std::chrono::nanoseconds{read->timeout_ns}
                                         : std::chrono::nanoseconds{kTimeoutDefault};
  request.response_max = read->response_max == 0 ? kResponseMaxDefault
                                                 : std::min(read->response_max, kResponseMaxLimit);
  return request;
}

net::HttpControl control_of(const gantry_call* call) {
  if (call == nullptr) return {};
  net::HttpControl control;
  control.cancelled = [call] { return call->cancelled(call) != 0; };
  control.progress = [call] { call->progress(call); };
  const std::int64_t left = call->remaining_ns(call);
  if (left != INT64_MAX) {
    control.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds{left};
  }
  return control;
}

std::chrono::nanoseconds patience_of(const gantry_call* call) {
  if (call == nullptr) return kTurnPatience;
  return std::min(kTurnPatience, std::chrono::nanoseconds{call->remaining_ns(call)});
}

/// What the status tells of the whole source, beyond the call that met it.
void heed(net::RequestGate& gate, const net::HttpResponse& response) {
  if (!response.retry_after) return;
  if (response.status == 429 || response.status == 503) gate.hold(*response.retry_after);
}

gantry_status send(const gantry_host* host, const gantry_call* call, gantry_span source,
                   const gantry_http_request* raw,
                   void (*done)(void* impl, const gantry_http_response* response),
                   void* impl) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const HostContext& context = HostContext::of(host);
    const auto id = abi::view_of(source);
    const auto grants = id ? context.find(*id) : nullptr;
    if (!grants) {
      explain(call, {ErrorKind::kInvalid, "http send: the source is not one of this plugin's"});
      return GANTRY_CONFIG;
    }
    const auto request = read_request(raw);
    if (!request) {
      explain(call, request.error());
      return abi::status_of(request.error().kind);
    }
    const auto control = control_of(call);
    std::optional<net::RequestGate::Pass> pass;
    if (grants->gate) {
      auto entered = grants->gate->enter(patience_of(call), control.cancelled);
      if (!entered) {
        if (entered.error().kind == ErrorKind::kCancelled) return GANTRY_CANCELLED;
        explain(call,
                {ErrorKind::kUnavailable,
                 "source " + grants->source +
                     ": held back by its own limits or by the vendor's Retry-After"},
                entered.error().retry_after);
        return GANTRY_RATE_LIMITED;
      }
      pass.emplace(std::move(*entered));
    }
    const auto response = context.ports().http->send(*request, grants->egress, control);
    if (grants->gate && response) heed(*grants->gate, *response);
    pass.reset();
    if (!response) {
      explain(call, response.error());
      return abi::status_of(response.error().kind);
    }
    if (done == nullptr) return GANTRY_OK;
    std::vector<gantry_pair> headers;
    headers.reserve(response->headers.size());
    for (const auto& [name, value] : response->headers) {
      headers.push_back({abi::span_of(name), abi::span_of(value)});
    }
    gantry_http_response out{};
    out.struct_size = sizeof out;
    out.status = response->status;
    out.header_count = static_cast<std::uint32_t>(headers.size());
    out.headers = headers.data();
    out.body = abi::span_of(response->body);
    out.retry_after_ns = response->retry_after.value_or(std::chrono::nanoseconds{0}).count();
    done(impl, &out);
    return GANTRY_OK;
  });
}

}  // namespace

const gantry_http& http() {
  static const gantry_http service{sizeof(gantry_http), 0, send};
  return service;
}

}  // namespace gantry::plugins::services
