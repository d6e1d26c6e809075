#include "api.hpp"

#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/text.hpp>
#include <gantry/sdk/time.hpp>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>

namespace gantry::turvo {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr sdk::VendorErrors kErrors{"Turvo"};
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// Where the answer does not say: an hour less than the twelve that clients see.
constexpr std::int64_t kTokenLife_s = 11 * 3600;

/// Turvo answers {"Status":"SUCCESS"|…} beside HTTP's own status. What a failure looks like is not
/// documented; code and message are looked for where clients have seen them.
void check_status(std::string_view doing, const Json& answer) {
  const std::string_view status = answer["Status"].text();
  if (status.empty() || sdk::equal_ignoring_case(status, "SUCCESS")) return;
  const Json& details = answer["details"];
  std::string_view code = details["errorCode"].text();
  if (code.empty()) code = status;
  throw Failure(Status::kTransient, "Turvo: " + std::string(doing) + ": the answer says failure")
      .code(std::string(code.substr(0, 64)))
      .detail(std::string(details["errorMessage"].text()));
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

const Json& rows_of(const Json& details, const std::string& name) {
  if (details[name].is_array()) return details[name];
  // The array's name differs by list ("customers" come as "accounts"): it is the only one.
  for (const auto& member : details.members()) {
    if (member.value.is_array()) return member.value;
  }
  return details["rows"];
}

}  // namespace

Api::Api(const sdk::Host& host, const Settings& settings)
    : host_(host),
      settings_(settings),
      tokens_(host, "token", {std::chrono::minutes(5), std::chrono::minutes(15)}) {}

sdk::TokenCache::Token Api::login(const sdk::Call& call) const {
  constexpr std::string_view kDoing = "log in";
  const sdk::Secret client_secret = host_.secret(kClientSecret);
  const sdk::Secret password = host_.secret(kPassword);
  const sdk::Secret api_key = host_.secret(kApiKey);
  Json body = Json::object();
  body.set("grant_type", "password");
  body.set("client_id", settings_.client_id);
  body.set("client_secret", client_secret.view());
  body.set("username", settings_.username);
  body.set("password", password.view());
  body.set("scope", settings_.scope);
  body.set("type", settings_.user_type);

  sdk::HttpRequest request;
  request.method = "POST";
  request.url = settings_.base_url + "/oauth/token";
  if (settings_.credentials_in_query) {
    request.url = sdk::with_query(
        request.url, {{"client_id", settings_.client_id}, {"client_secret", client_secret.view()}});
  }
  request.headers = {{"Content-Type", "application/json"},
                     {"x-api-key", std::string(api_key.view())}};
  request.body = body.dump();
  const sdk::HttpResponse response = sdk::call_vendor(host_, call, kErrors, kDoing, request);
  if (response.status == 400) {
    throw Failure(Status::kAuth, "Turvo: the login was refused; correct client and user")
        .code("400");
  }
  const Json answer = sdk::read_answer(kErrors, kDoing, response);
  check_status(kDoing, answer);
  const std::string_view token = answer["access_token"].text();
  if (token.empty()) throw Failure(Status::kTransient, "Turvo: the login's answer has no token");
  const auto life = sdk::seconds_to_ns(answer["expires_in"].text());
  return {std::string(token), host_.now_ns() + life.value_or(kTokenLife_s * kNsPerSecond)};
}

sdk::HttpResponse Api::send(const sdk::Call& call, const std::string& url,
                            const std::string& token) const {
  const sdk::Secret api_key = host_.secret(kApiKey);
  sdk::HttpRequest request;
  request.url = url;
  request.headers = {{"Authorization", "Bearer " + token},
                     {"x-api-key", std::string(api_key.view())},
                     {"Accept", "application/json"}};
  return host_.http(call, request);
}

sdk::HttpResponse Api::get(const sdk::Call& call, std::string_view doing,
                           const std::string& path) const {
  const std::string url = settings_.base_url + path;
  std::string token = tokens_.get([&] { return login(call); });
  sdk::HttpResponse response = send(call, url, token);
  if (response.status == 401) {
    tokens_.drop(token);
    token = tokens_.get([&] { return login(call); });
    response = send(call, url, token);
  }
  sdk::throw_for_status(kErrors, doing, response);
  return response;
}

Page Api::list(const sdk::Call& call, const Resource& resource, std::int64_t start,
               std::int64_t page_size, std::int64_t since_ns) const {
  const std::string doing = "list " + resource.name;
  std::string path = sdk::with_query(
      resource.path, {{"start", std::to_string(start)}, {"pageSize", std::to_string(page_size)}});
  if (!settings_.list_query.empty()) path += "&" + settings_.list_query;
  if (!settings_.updated_since.empty() && since_ns > 0) {
    std::string query = settings_.updated_since;
    replace(query, "{since}", sdk::percent_encode(sdk::to_rfc3339(since_ns)));
    path += "&" + query;
  }
  const sdk::HttpResponse response = get(call, doing, path);
  if (response.status == 400 || response.status == 404 || response.status == 422) {
    throw Failure(Status::kConfig, "Turvo: " + doing + ": HTTP " + std::to_string(response.status) +
                                       ": path or query not taken; see paths, list_query and "
                                       "updated_since")
        .code(std::to_string(response.status))
        .pointer("/resources")
        .detail(response.body.substr(0, 512));
  }
  const Json answer = sdk::read_answer(kErrors, doing, response);
  check_status(doing, answer);
  const Json& details = answer["details"];
  const Json& rows = rows_of(details, resource.name);
  if (!rows.is_array()) {
    throw Failure(Status::kTransient, "Turvo: " + doing + ": the answer holds no list");
  }
  return {rows.items(), details["pagination"]["moreAvailable"].truth()};
}

Json Api::shipment(const sdk::Call& call, std::string_view id) const {
  constexpr std::string_view kDoing = "get a shipment";
  const sdk::HttpResponse response = get(call, kDoing, "/shipments/" + sdk::percent_encode(id));
  if (response.status == 404) return {};
  const Json answer = sdk::read_answer(kErrors, kDoing, response);
  check_status(kDoing, answer);
  return answer["details"];
}

}  // namespace gantry::turvo
