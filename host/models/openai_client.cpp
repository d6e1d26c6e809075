#include "host/models/openai_client.hpp"

#include <algorithm>

namespace gantry::models {
namespace {

using pipeline::openai::Usage;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBackoffMax{20'000};

/// "https://api.openai.com/v1/" and a path without a doubled slash.
std::string joined(std::string base, std::string_view path) {
  while (base.ends_with('/')) base.pop_back();
  return base.append(path);
}

std::string authority_of(const net::Url& url) {
  const std::string host =
      url.host().find(':') == std::string::npos ? url.host() : "[" + url.host() + "]";
  return host + ":" + std::to_string(url.port());
}

}  // namespace

Result<std::unique_ptr<OpenAiClient>> OpenAiClient::make(OpenAiOptions options) {
  const auto url = net::Url::parse(options.url);
  if (!url) return url.error();
  auto egress = net::EgressList::parse({authority_of(*url)});
  if (!egress) return egress.error();
  if (const auto allowed = egress->judge(*url); !allowed) return allowed.error();
  return std::unique_ptr<OpenAiClient>(new OpenAiClient(std::move(options), std::move(*egress)));
}

OpenAiClient::OpenAiClient(OpenAiOptions options, net::EgressList egress)
    : options_(std::move(options)),
      egress_(std::move(egress)),
      gate_({.per_minute = options_.requests_per_minute}) {}

Result<Usage> OpenAiClient::try_once(const net::HttpRequest& request,
                                     const net::HttpControl& control, const Reader& read,
                                     nanoseconds& retry_after) const {
  auto answer = http_.send(request, egress_, control);
  if (!answer) return answer.error();
  if (answer->status == 200) return read(answer->body);
  retry_after = answer->retry_after.value_or(nanoseconds{0});
  return pipeline::openai::status_error(answer->status, answer->body);
}

Result<void> OpenAiClient::post(std::string_view path, const std::string& body,
                                const Reader& read) const {
  net::HttpRequest request;
  request.method = "POST";
  request.url = joined(options_.url, path);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!options_.key.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options_.key);
  }
  request.body = body;
  request.timeout = options_.timeout;
  net::HttpControl control;
  control.cancelled = [this] { return stopped_.load(); };
  control.deadline = steady_clock::now() + options_.patience;

  nanoseconds backoff = options_.backoff_initial;
  for (int tried = 1;; ++tried) {
    if (stopped_) return Error{ErrorKind::kCancelled, "the call of the model was stopped"};
    const auto pass = gate_.enter(*control.deadline - steady_clock::now(), control.cancelled);
    if (!pass) {
      return Error{pass.error().kind,
                   "the model's rate limit leaves no room for this call in time"};
    }
    nanoseconds retry_after{0};
    const auto usage = try_once(request, control, read, retry_after);
    if (usage) {
      count("ok", *usage);
      return {};
    }
    count(to_string(usage.error().kind), {});
    if (!usage.error().retryable() || tried == kTriesMax || stopped_) return usage.error();
    // A wait that is asked for holds all callers; our own back-off does too: what fails for one
    // now fails for the others.
    const nanoseconds wait = std::max(backoff, retry_after);
    gate_.hold(wait);
    if (steady_clock::now() + wait >= *control.deadline) return usage.error();
    backoff = std::min<nanoseconds>(backoff * 2, kBackoffMax);
  }
}

void OpenAiClient::count(std::string_view outcome, const Usage& usage) const {
  if (options_.meter) options_.meter(outcome, usage);
}

}  // namespace gantry::models
