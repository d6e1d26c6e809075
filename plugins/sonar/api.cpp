#include "api.hpp"

#include <algorithm>
#include <charconv>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>

namespace gantry::sonar {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr sdk::VendorErrors kErrors{"SONAR"};
constexpr std::int64_t kTokenLife_ns = 24 * 3'600'000'000'000;
constexpr std::chrono::minutes kBlock{30};  // 451: as long as one production client waits.
constexpr const char* kBlockedUntil = "blocked_until_ns";

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Api::Api(const sdk::Host& host, const Settings& settings)
    : host_(host),
      settings_(settings),
      tokens_(host, "token", {std::chrono::minutes(1), std::chrono::minutes(15)}) {}

/// Kept in the source's store: a restart must not knock at once.
void Api::block(const char* code, std::chrono::nanoseconds wait) const {
  auto [stored, revision] = host_.kv_get(kBlockedUntil);
  host_.kv_put(kBlockedUntil, std::to_string(host_.now_ns() + wait.count()), revision);
  throw Failure(Status::kRateLimited,
                std::string("SONAR: HTTP ") + code + ": asked too often; poll less or slower")
      .code(code)
      .retry_after(wait);
}

sdk::HttpResponse Api::send(const sdk::Call& call, std::string_view doing,
                            const sdk::HttpRequest& request) const {
  const std::int64_t now = host_.now_ns();
  const std::int64_t blocked = number(host_.kv_get(kBlockedUntil).first) - now;
  if (blocked > 0) {
    throw Failure(Status::kRateLimited,
                  "SONAR: " + std::string(doing) + ": blocked after asking too often")
        .code("BLOCKED")
        .retry_after(std::chrono::nanoseconds(blocked));
  }
  // Each caller takes the next free moment; none of two may see the same one.
  std::int64_t at = next_call_ns_.load();
  while (!next_call_ns_.compare_exchange_weak(at, std::max(at, now) + settings_.call_gap.count())) {
  }
  if (at > now) host_.wait(call, std::chrono::nanoseconds(at - now));

  sdk::HttpResponse response = host_.http(call, request);
  if (response.status == 451) block("451", kBlock);
  if (response.status == 429) {
    block("429", response.retry_after.count() > 0 ? response.retry_after : kErrors.throttle_wait);
  }
  return response;
}

sdk::TokenCache::Token Api::login(const sdk::Call& call) const {
  constexpr std::string_view kDoing = "log in";
  const sdk::Secret password = host_.secret(kPassword);
  Json body = Json::object();
  body.set("username", settings_.username);
  body.set("password", password.view());
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = settings_.base_url + "/Credential/authenticate";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body.dump();
  const sdk::HttpResponse response = send(call, kDoing, request);
  sdk::throw_for_status(kErrors, kDoing, response);
  if (response.status == 400) {
    throw Failure(Status::kAuth, "SONAR: the login was refused; correct username and password")
        .code("400");
  }
  const Json answer = sdk::read_answer(kErrors, kDoing, response);
  const std::string_view token = answer["token"].text();
  if (token.empty()) throw Failure(Status::kTransient, "SONAR: the login's answer has no token");
  return {std::string(token), host_.now_ns() + kTokenLife_ns};
}

Json Api::get(const sdk::Call& call, std::string_view doing, const std::string& path) const {
  sdk::HttpRequest request;
  request.url = settings_.base_url + path;
  const auto ask = [&](const std::string& token) {
    request.headers = {{"Authorization", "Bearer " + token}, {"Accept", "application/json"}};
    return send(call, doing, request);
  };
  std::string token = tokens_.get([&] { return login(call); });
  sdk::HttpResponse response = ask(token);
  if (response.status == 401) {
    tokens_.drop(token);
    token = tokens_.get([&] { return login(call); });
    response = ask(token);
  }
  sdk::throw_for_status(kErrors, doing, response);
  return sdk::read_answer(kErrors, doing, response);
}

Json Api::data(const sdk::Call& call, const Series& series, std::string_view first,
               std::string_view last) const {
  return get(call, "read " + series.name(),
             "/data/" + sdk::percent_encode(series.index) + "/" +
                 sdk::percent_encode(series.qualifier) + "/" + std::string(first) + "/" +
                 std::string(last));
}

void Api::look_up(const sdk::Call& call) const { get(call, "look up indexes", "/Lookup/Indexes"); }

}  // namespace gantry::sonar
