#include "host/ingress/listener.hpp"

#include <boost/beast/core/string.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "host/ingress/json_text.hpp"
#include "host/observe/trace.hpp"

namespace gantry::ingress {
namespace {

constexpr std::string_view kPrefix = "/webhooks/";
constexpr std::string_view kWebhook = "gantry.webhook/1";
constexpr std::string_view kJson = "application/json";

Response json(unsigned status, std::string body) {
  return {status, std::string(kJson), std::move(body), {}};
}

Response error(unsigned status, std::string_view kind, std::string_view message) {
  return json(status, error_body(kind, message));
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// "front-ops" of "/webhooks/front-ops?x=1"; empty for any other path.
std::string_view source_of(std::string_view target) {
  const std::string_view path = path_of(target);
  if (!path.starts_with(kPrefix)) return {};
  const std::string_view name = path.substr(kPrefix.size());
  return name.find('/') == std::string_view::npos ? name : std::string_view{};
}

std::string_view kind_of(unsigned status) {
  switch (status) {
    case 408:
      return "timeout";
    case 413:
    case 431:
      return "exhausted";
    case 503:
      return "unavailable";
    default:
      return "invalid";
  }
}

/// True where the plugin could not say, rather than said no: the sender should try again.
bool could_not_verify(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kExhausted:
    case ErrorKind::kCancelled:
      return true;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kDenied:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInternal:
      return false;
  }
  return false;
}

/// Its place in the sender's trace, where the sender says one.
std::optional<observe::TraceContext> trace_of(const InboundRequest& request) {
  std::string_view parent;
  std::string state;
  int parents = 0;
  for (const auto& [name, value] : request.headers) {
    if (boost::beast::iequals(name, observe::kTraceparent)) {
      parent = value;
      ++parents;
    } else if (boost::beast::iequals(name, observe::kTracestate)) {
      if (!state.empty()) state += ',';  // several are one list (RFC 9110, section 5.3)
      state += value;
    }
  }
  if (parents != 1) return std::nullopt;
  const auto context = observe::TraceContext::parse(parent, state);
  if (!context) return std::nullopt;
  return *context;
}

/// A responder that ends the request's span, if it has one, with what the sender is told.
class Answering {
 public:
  Answering(Responder respond, std::shared_ptr<observe::Span> span)
      : respond_(std::move(respond)), span_(std::move(span)) {}

  void operator()(Response response) const {
    if (span_) {
      span_->set({"http.response.status_code", response.status});
      if (response.status >= 500) span_->fail(std::to_string(response.status));
      span_->end();
    }
    respond_(std::move(response));
  }
  const observe::Span* span() const noexcept { return span_.get(); }
  void note(const observe::Field& field) const {
    if (span_) span_->set(field);
  }

 private:
  Responder respond_;
  // Shared: it waits in a std::function for the fsync.
  std::shared_ptr<observe::Span> span_;
};

Response from_reply(const plugins::Verdict::Reply& reply) {
  return {reply.status, reply.content_type, reply.body, {}};
}

}  // namespace

class WebhookListener::Handler final : public ExchangeHandler,
                                       public std::enable_shared_from_this<Handler> {
 public:
  Handler(ListenerOptions options, const SourceLookup& sources, Inbox& inbox)
      : options_(std::move(options)), sources_(sources), inbox_(inbox) {}

  Admission admit(const InboundRequest& head) override {
    const std::string_view name = source_of(head.target);
    const auto source = name.empty() ? nullptr : sources_.find(name);
    if (!source || !source->has(kWebhook)) {
      ++stats_.unknown_source;
      return {error(404, "not_found", "no such webhook"), 0};
    }
    if (head.method == "POST") {
      return {std::nullopt, std::min(options_.body_bytes_max, sources_.body_bytes_max(name))};
    }
    if (head.method == "HEAD") return {Response{200, "", "", {}}, 0};
    Response refusal = error(405, "unsupported", "webhooks take POST");
    refusal.headers.emplace_back("Allow", "POST, HEAD");
    return {std::move(refusal), 0};
  }

  void handle(InboundRequest request, Responder responder) override {
    const auto began = std::chrono::steady_clock::now();
    const std::string name(source_of(request.target));
    const auto source = sources_.find(name);
    // A reload may have taken it since the head was read.
    if (!source) return responder(error(404, "not_found", "no such webhook"));
    const Answering respond(std::move(responder), begin_span(request, name));
    const observe::LogScope ids({{observe::kSource, name}});
    // A copy: the span may end on the commit thread while this one is not done.
    std::optional<observe::TraceContext> place;
    std::optional<observe::Adopt> trace;
    if (respond.span()) {
      place = respond.span()->context();
      trace.emplace(options_.tracer, *place);
    }
    if (!options_.public_url.empty()) request.url = options_.public_url + request.target;
    auto verdict = source->verify(request);
    if (!verdict) return refuse_unverified(name, verdict.error(), respond);
    switch (verdict->decision) {
      case plugins::Verdict::Decision::kReject:
        return reject(name, verdict->reason, respond);
      case plugins::Verdict::Decision::kReply:
        stats_.reply(name);
        return respond(verdict->reply ? from_reply(*verdict->reply) : Response{});
      case plugins::Verdict::Decision::kAccept:
        break;
    }
    respond.note({observe::kDelivery, verdict->delivery_id});
    store(Delivery{name, std::move(verdict->delivery_id), std::move(request)},
          std::move(verdict->reply), respond, began);
  }

  Response refuse(unsigned status, std::string_view reason) override {
    Response response = error(status, kind_of(status), reason);
    if (status == 503) add_retry_after(response);
    return response;
  }

  const ListenerOptions& options() const { return options_; }
  const IngressStats& stats() const { return stats_; }

 private:
  /// Null where nothing is traced.
  std::shared_ptr<observe::Span> begin_span(const InboundRequest& request,
                                            const std::string& source) const {
    if (options_.tracer == nullptr) return nullptr;
    auto span = std::make_shared<observe::Span>(options_.tracer->start(
        request.method + " /webhooks/{source}", observe::SpanKind::kServer, trace_of(request)));
    span->set({"http.request.method", request.method});
    span->set({"url.path", path_of(request.target)});
    span->set({"http.request.body.size", request.body.size()});
    span->set({observe::kSource, source});
    return span;
  }

  void reject(std::string_view source, std::string_view reason, const Answering& respond) {
    stats_.reject(source, reason);
    if (options_.on_rejected) options_.on_rejected(source, reason);
    respond(error(401, "denied", "signature not accepted"));
  }

  void refuse_unverified(const std::string& source, const plugins::PluginError& failure,
                         const Answering& respond) {
    if (options_.http.log) {
      options_.http.log(LogLevel::kWarn, "verify_failed",
                        {{"source", source}, {"error", failure.message()}});
    }
    if (!could_not_verify(failure.kind)) return reject(source, "plugin_error", respond);
    unavailable(source, respond);
  }

  void unavailable(std::string_view source, const Answering& respond) {
    stats_.fail(source);
    respond(refuse(503, "not stored; send it again"));
  }

  void store(Delivery delivery, std::optional<plugins::Verdict::Reply> reply, Answering respond,
             std::chrono::steady_clock::time_point began) {
    std::string source = delivery.source;
    std::string id = delivery.id;
    inbox_.append(std::move(delivery),
                  [self = shared_from_this(), source = std::move(source), id = std::move(id),
                   reply = std::move(reply), respond = std::move(respond),
                   began](Result<AppendResult> stored) {
                    // First, so that a sender who reads the metrics finds its own delivery there.
                    if (self->options_.on_answered) {
                      self->options_.on_answered(source, std::chrono::steady_clock::now() - began);
                    }
                    self->answer(source, id, reply, respond, stored);
                  });
  }

  // On the commit thread.
  void answer(const std::string& source, const std::string& id,
              const std::optional<plugins::Verdict::Reply>& reply, const Answering& respond,
              const Result<AppendResult>& stored) {
    // An id that the inbox refuses will be refused again: the plugin's fault, as in verify.
    if (!stored && stored.error().kind == ErrorKind::kInvalid)
      return reject(source, "bad_id", respond);
    if (!stored) return unavailable(source, respond);
    const bool duplicate = *stored == AppendResult::kDuplicate;
    stats_.accept(source, duplicate);
    if (reply) return respond(from_reply(*reply));
    std::string body = R"({"delivery":)" + json_string(id);
    body += duplicate ? R"(,"duplicate":true})" : "}";
    respond(json(202, std::move(body)));
  }

  void add_retry_after(Response& response) const {
    response.headers.emplace_back("Retry-After", std::to_string(options_.retry_after.count()));
  }

  const ListenerOptions options_;
  const SourceLookup& sources_;
  Inbox& inbox_;
  IngressStats stats_;
};

WebhookListener::WebhookListener(ListenerOptions options, const SourceLookup& sources, Inbox& inbox)
    : handler_(std::make_shared<Handler>(std::move(options), sources, inbox)),
      server_(handler_->options().http, *handler_) {}

WebhookListener::~WebhookListener() = default;

Result<void> WebhookListener::start() { return server_.start(); }
void WebhookListener::stop() { server_.stop(); }
std::uint16_t WebhookListener::port() const noexcept { return server_.port(); }
const IngressStats& WebhookListener::stats() const noexcept { return handler_->stats(); }
const HttpCounters& WebhookListener::http_counters() const noexcept { return server_.counters(); }

}  // namespace gantry::ingress
