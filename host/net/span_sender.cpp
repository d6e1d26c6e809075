#include "host/net/span_sender.hpp"

#include <memory>

#include "host/net/egress.hpp"
#include "host/net/http_client.hpp"
#include "host/observe/otlp.hpp"

namespace gantry::net {
namespace {

using observe::Sent;

constexpr std::chrono::seconds kTimeout{10};
constexpr std::uint64_t kAnswerMax = 64U << 10U;
constexpr std::uint16_t kGrpcPort = 4317;

class Sender {
 public:
  Sender(std::string url, const Url& parsed)
      : url_(std::move(url)), shown_(parsed.shown()), egress_(EgressList::only(parsed)) {
    if (parsed.port() == kGrpcPort) {
      remedy_ = "; port 4317 is for gRPC and this host speaks OTLP over HTTP: set " +
                parsed.scheme() + "://" + parsed.host() + ":4318";
    }
  }

  Sent send(const std::string& request, const std::function<bool()>& cancelled) const {
    HttpRequest http;
    http.method = "POST";
    http.url = url_;
    http.headers = {{"Content-Type", "application/x-protobuf"}};
    http.body = request;
    http.timeout = kTimeout;
    http.response_max = kAnswerMax;
    HttpControl control;
    control.cancelled = cancelled;
    const auto answer = client_.send(http, egress_, control);
    if (!answer) return {Sent::Outcome::kLater, {}, answer.error().message() + remedy_, 0};
    return judge(*answer);
  }

 private:
  Sent judge(const HttpResponse& answer) const {
    const std::string what = shown_ + " answered " + std::to_string(answer.status) + remedy_;
    switch (answer.status) {
      case 429:
      case 502:
      case 503:
      case 504:
        return {Sent::Outcome::kLater, answer.retry_after.value_or(std::chrono::nanoseconds{0}),
                what, 0};
      case 404:
        return {Sent::Outcome::kRefused, {}, what + "; is that its OTLP/HTTP address?", 0};
      default:
        break;
    }
    if (answer.status / 100 != 2) return {Sent::Outcome::kRefused, {}, what, 0};
    const auto rejected = observe::otlp::rejected_by(answer.body);
    return {Sent::Outcome::kTaken, {}, rejected.reason, rejected.spans};
  }

  const std::string url_;
  const std::string shown_;
  const EgressList egress_;
  std::string remedy_;
  HttpClient client_;
};

}  // namespace

std::string traces_url(const std::string& endpoint) {
  const auto host = endpoint.find("://");
  const auto path = endpoint.find('/', host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos) return endpoint + "/v1/traces";
  return path + 1 == endpoint.size() ? endpoint + "v1/traces" : endpoint;
}

Result<observe::SendSpans> span_sender(const std::string& endpoint) {
  std::string url = traces_url(endpoint);
  const auto parsed = Url::parse(url);
  if (!parsed) {
    return Error{ErrorKind::kInvalid, "tracing.endpoint: " + parsed.error().what};
  }
  // std::function wants to copy.
  const auto sender = std::make_shared<const Sender>(std::move(url), *parsed);
  return observe::SendSpans(
      [sender](const std::string& request, const std::function<bool()>& cancelled) {
        return sender->send(request, cancelled);
      });
}

}  // namespace gantry::net
