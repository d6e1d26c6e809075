#include "host/net/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <thread>

#include "host/base/assert.hpp"
#include "host/net/http_exchange.hpp"
#include "host/observe/trace.hpp"

namespace gantry::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::size_t kIdleMax = 16;
constexpr milliseconds kCancelPoll{20};

/// Never undone: another library of the process may use libcurl until the very end.
void init_curl_once() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  GANTRY_ASSERT(ready);
}

bool changes_nothing_more(std::string_view method) {
  constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
  return std::ranges::find(kIdempotent, method) != std::end(kIdempotent);
}

bool is_passing(unsigned status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

/// False where the caller gave up meanwhile.
bool wait_for(nanoseconds duration, const HttpControl& control) {
  const auto end = steady_clock::now() + duration;
  while (true) {
    if (control.cancelled && control.cancelled()) return false;
    const auto left = end - steady_clock::now();
    if (left <= nanoseconds{0}) return true;
    std::this_thread::sleep_for(std::min<nanoseconds>(left, kCancelPoll));
  }
}

HttpClientOptions with_defaults(HttpClientOptions options) {
  if (options.user_agent.empty()) options.user_agent = "gantry/" GANTRY_VERSION;
  return options;
}

/// One try as a span. The other side is not told of the trace: whom we work for is not theirs to
/// know.
template <class Run>
Result<HttpResponse> traced(const HttpRequest& request, const Url& url, Run run) {
  observe::ScopedSpan span(request.method, observe::SpanKind::kClient);
  span.set({"http.request.method", request.method});
  span.set({"server.address", url.host()});
  span.set({"server.port", url.port()});
  Result<HttpResponse> answer = run();
  if (!answer) {
    span.fail(to_string(answer.error().kind));
  } else {
    span.set({"http.response.status_code", answer->status});
    if (answer->status >= 400) span.fail(std::to_string(answer->status));
  }
  return answer;
}

}  // namespace

HttpClient::HttpClient(HttpClientOptions options, const Clock& clock)
    : options_(with_defaults(std::move(options))), clock_(clock) {
  init_curl_once();
}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpExchange> HttpClient::borrow() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {  // the last one back has the warmest connections
      auto exchange = std::move(idle_.back());
      idle_.pop_back();
      return exchange;
    }
  }
  return std::make_unique<HttpExchange>(options_);
}

void HttpClient::give_back(std::unique_ptr<HttpExchange> exchange) const {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(exchange));
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const EgressList& egress,
                                      const HttpControl& control, const HttpRetry& retry) const {
  if (request.method.empty() ||
      request.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
    return Error{ErrorKind::kInvalid, "HTTP method is not upper-case letters"};
  }
  const auto url = Url::parse(request.url);
  if (!url) return url.error();
  if (const auto allowed = egress.judge(*url); !allowed) return allowed.error();

  const bool repeatable = retry.repeat_any_method || changes_nothing_more(request.method);
  auto exchange = borrow();
  milliseconds backoff = retry.backoff_initial;
  for (int attempt = 1;; ++attempt) {
    bool sent = false;
    Result<HttpResponse> outcome = traced(request, *url, [&] {
      return exchange->run(request, *url, repeatable, control, clock_.now(), &sent);
    });
    const bool passing = outcome ? is_passing(outcome->status)
                                 : outcome.error().kind == ErrorKind::kUnavailable ||
                                       outcome.error().kind == ErrorKind::kTimeout;
    nanoseconds wait = backoff;
    if (outcome && outcome->retry_after) wait = std::max(wait, *outcome->retry_after);
    const bool in_time = !control.deadline || steady_clock::now() + wait < *control.deadline;
    if (attempt >= retry.attempts_max || !passing || (sent && !repeatable) || !in_time) {
      give_back(std::move(exchange));
      return outcome;
    }
    if (!wait_for(wait, control)) {
      give_back(std::move(exchange));
      return Error{ErrorKind::kCancelled, request.method + ' ' + url->shown() + ": cancelled"};
    }
    backoff = std::min(backoff * 2, retry.backoff_max);
  }
}

}  // namespace gantry::net
