#include "tokens.hpp"

#include <algorithm>
#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/text.hpp>
#include <gantry/sdk/time.hpp>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>

namespace gantry::quickbooks {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::string_view kMark = "refresh";
constexpr std::string_view kDoing = "refresh the access token";
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// The host gives an exchange 30 s; a mark older than that is of one that did not come back.
constexpr std::int64_t kInFlightFor = 45 * kNsPerSecond;
constexpr auto kBudgetWait = std::chrono::hours(1);

std::string value_of(const sdk::Host& host, std::string_view name) {
  if (host.secret_count(name) == 0) {
    throw Failure(Status::kConfig, std::string(name.substr(1)) + " has no value")
        .pointer(std::string(name));
  }
  return std::string(sdk::trim(host.secret(name).view()));
}

struct Mark {
  std::uint64_t revision = 0;
  std::int64_t begun_ns = 0;  ///< 0: none in flight.
  bool is_set() const { return begun_ns != 0; }
};

Mark read_mark(const sdk::Host& host) {
  const auto [text, revision] = host.kv_get(kMark);
  Mark mark{revision, 0};
  if (!text.empty()) mark.begun_ns = sdk::seconds_to_ns(text).value_or(0);
  return mark;
}

}  // namespace

std::string Tokens::get(const sdk::Call& call) const {
  return cache_.get([&] { return refresh(call); });
}

std::string Tokens::peek() const {
  try {
    return cache_.get([]() -> sdk::TokenCache::Token {
      throw Failure(Status::kTransient, "no access token is at hand");
    });
  } catch (const Failure&) {
    return {};
  }
}

sdk::TokenCache::Token Tokens::refresh(const sdk::Call& call) const {
  const std::int64_t now = host_.now_ns();
  Mark mark = read_mark(host_);
  if (mark.is_set() && now - mark.begun_ns < kInFlightFor) {
    throw Failure(Status::kTransient, "QuickBooks: another call refreshes the access token")
        .code("REFRESH_IN_FLIGHT")
        .retry_after(std::chrono::seconds(5));
  }
  const bool earlier_lost = mark.is_set();
  if (!host_.kv_put(kMark, std::to_string(now / kNsPerSecond), mark.revision)) {
    throw Failure(Status::kTransient, "QuickBooks: another call began to refresh the access token")
        .code("REFRESH_IN_FLIGHT")
        .retry_after(std::chrono::seconds(5));
  }
  const std::string used = value_of(host_, kRefreshToken);
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = settings_.token_url;
  request.headers = {{"Authorization", "Basic " + sdk::to_base64(settings_.client_id + ':' +
                                                                 value_of(host_, kClientSecret))},
                     {"Accept", "application/json"},
                     {"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = sdk::form_encode({{"grant_type", "refresh_token"}, {"refresh_token", used}});
  // Without an answer the mark stays: the token may be spent.
  const sdk::HttpResponse response = host_.http(call, request);
  call.progress();
  if (response.status >= 200 && response.status <= 299) {
    const auto token = read_answer(response, used);
    host_.kv_put(kMark, "", mark.revision);
    return token;
  }
  host_.kv_put(kMark, "", mark.revision);
  refuse(response, earlier_lost);
}

sdk::TokenCache::Token Tokens::read_answer(const sdk::HttpResponse& response,
                                           std::string_view used) const {
  const Json json = sdk::read_answer({"QuickBooks"}, kDoing, response);
  const std::string_view access = json["access_token"].text();
  const auto life = sdk::seconds_to_ns(json["expires_in"].text());
  if (const std::string_view next = json["refresh_token"].text(); !next.empty() && next != used) {
    host_.put_secret(kRefreshToken, next);  // Before the access token is used or kept.
  }
  if (access.empty() || !life || *life <= 0) {
    throw Failure(Status::kTransient, "QuickBooks: " + std::string(kDoing) +
                                          ": the answer has no access_token or expires_in");
  }
  return {std::string(access), host_.now_ns() + *life};
}

void Tokens::refuse(const sdk::HttpResponse& response, bool earlier_lost) const {
  const Json json = Json::parse_or_null(response.body);
  const std::string_view error = json["error"].text();
  const std::string what = "QuickBooks: " + std::string(kDoing) + ": ";
  if (error == "invalid_grant") {
    throw Failure(
        Status::kAuth,
        what +
            (earlier_lost ? "the refresh token is spent: the answer to an earlier refresh, "
                            "which held its successor, was lost on the way. "
                          : "the refresh token is not valid any more (unused for 100 days, "
                            "older than five years, or revoked). ") +
            "Connect the company anew and put its refresh token into refresh_token")
        .code("invalid_grant");
  }
  if (error == "invalid_client" || response.status == 401) {
    throw Failure(Status::kAuth, what + "client_id and client_secret do not belong together")
        .code("invalid_client");
  }
  if (response.status == 429) {
    // A limit that knows its end is another one; the budget's has none to tell.
    if (response.retry_after.count() > 0) sdk::throw_for_status({"QuickBooks"}, kDoing, response);
    host_.log(sdk::LogLevel::kError, "monthly_budget_spent",
              {{"what",
                "Intuit refuses even the token refresh: the app's monthly budget of calls "
                "is probably spent; raise its plan, or wait until the month turns"}});
    throw Failure(Status::kRateLimited,
                  what +
                      "HTTP 429: the app's monthly budget of calls is probably spent; raise its "
                      "plan at Intuit, or wait until the month turns")
        .code("BUDGET")
        .retry_after(kBudgetWait);
  }
  sdk::throw_for_status({"QuickBooks"}, kDoing, response);
  throw Failure(Status::kConfig, what + "HTTP " + std::to_string(response.status))
      .code(error.empty() ? std::to_string(response.status) : std::string(error.substr(0, 64)));
}

}  // namespace gantry::quickbooks
