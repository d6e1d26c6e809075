#include "api.hpp"

#include <algorithm>
#include <charconv>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>

namespace gantry::hubspot {
namespace {

using sdk::Failure;
using sdk::Status;

/// 429 without a time: the limits are per second and per ten seconds.
constexpr sdk::VendorErrors kErrors{"HubSpot", std::chrono::seconds(10)};

}  // namespace

Api::Api(const sdk::Host& host, const Settings& settings)
    : host_(host), settings_(settings), tokens_(host, "oauth", {}) {}

Api::Answer Api::call(const sdk::Call& call, std::string_view doing, const std::string& path,
                      const std::string& body) const {
  std::string access = token(call);
  sdk::HttpResponse response = send(call, doing, path, body, access);
  if (response.status == 401 && settings_.has_oauth) {
    tokens_.drop(access);
    access = token(call);
    response = send(call, doing, path, body, access);
  }
  sdk::throw_for_status(kErrors, doing, response);
  Answer answer;
  answer.json = sdk::read_answer(kErrors, doing, response);
  answer.text = std::move(response.body);
  return answer;
}

Api::Answer Api::search(const sdk::Call& call, const ObjectType& type,
                        const std::string& body) const {
  pace(call);
  return this->call(call, "search " + type.name, "/crm/v3/objects/" + type.name + "/search", body);
}

sdk::HttpResponse Api::send(const sdk::Call& call, std::string_view, const std::string& path,
                            const std::string& body, std::string_view token) const {
  sdk::HttpRequest request;
  request.method = body.empty() ? "GET" : "POST";
  request.url = settings_.api_url + path;
  request.headers = {{"Authorization", "Bearer " + std::string(token)},
                     {"Accept", "application/json"}};
  if (!body.empty()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = body;
  }
  return host_.http(call, request);
}

std::string Api::token(const sdk::Call& call) const {
  if (!settings_.has_oauth) return std::string(host_.secret(kAccessToken).view());
  return tokens_.get([&] { return refresh(call); });
}

sdk::TokenCache::Token Api::refresh(const sdk::Call& call) const {
  const sdk::Secret client_secret = host_.secret(kClientSecret);
  const sdk::Secret refresh_token = host_.secret(kRefreshToken);
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = settings_.api_url + "/oauth/" + settings_.oauth_version + "/token";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = sdk::form_encode({{"grant_type", "refresh_token"},
                                   {"client_id", settings_.client_id},
                                   {"client_secret", client_secret.view()},
                                   {"refresh_token", refresh_token.view()}});
  const auto response = sdk::call_vendor(host_, call, kErrors, "refresh the access token", request);
  if (response.status == 400) {
    throw Failure(Status::kAuth,
                  "HubSpot refuses the refresh token or the client: install the app again and set "
                  "refresh_token, client_id and client_secret")
        .code("400");
  }
  const sdk::Json answer = sdk::read_answer(kErrors, "refresh the access token", response);
  const auto access = answer["access_token"].text();
  if (access.empty()) throw Failure(Status::kTransient, "HubSpot gave no access token");
  const auto rotated = answer["refresh_token"].text();
  if (!rotated.empty() && rotated != refresh_token.view()) host_.put_secret(kRefreshToken, rotated);
  std::int64_t lives_s = 0;
  const auto expires = answer["expires_in"].text();
  std::from_chars(expires.data(), expires.data() + expires.size(), lives_s);
  if (lives_s < 0 || lives_s > 86'400) lives_s = 0;  // Then it is asked for each time.
  return {std::string(access), host_.now_ns() + lives_s * 1'000'000'000};
}

/// Each search takes the next free moment, so that calls in parallel share the pace.
void Api::pace(const sdk::Call& call) const {
  const std::int64_t now = host_.now_ns();
  std::int64_t mine = next_search_ns_.load();
  std::int64_t at = 0;
  do {
    at = std::max(mine, now);
  } while (!next_search_ns_.compare_exchange_weak(mine, at + settings_.search_pause.count()));
  if (at > now) host_.wait(call, std::chrono::nanoseconds(at - now));
}

}  // namespace gantry::hubspot
