#include "client.hpp"

#include <gantry/sdk/text.hpp>

#include "errors.hpp"

namespace gantry::plaid {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

Json Client::for_item(const Item& item) const {
  if (host_.secret_count(item.token) == 0) {
    throw Failure(Status::kConfig, "item " + item.id + ": its access token has no value")
        .pointer(item.token);
  }
  Json body = Json::object();
  body.set("access_token", sdk::trim(host_.secret(item.token).view()));
  return body;
}

std::string Client::post(const sdk::Call& call, std::string_view path, std::string_view doing,
                         const Json& body) const {
  if (host_.secret_count(kSecret) == 0) {
    throw Failure(Status::kConfig, "secret has no value").pointer(std::string(kSecret));
  }
  sdk::HttpRequest request;
  request.method = "POST";
  request.url = settings_.base_url + std::string(path);
  request.headers = {{"Content-Type", "application/json"},
                     {"PLAID-CLIENT-ID", settings_.client_id},
                     {"PLAID-SECRET", std::string(sdk::trim(host_.secret(kSecret).view()))},
                     {"Plaid-Version", "2020-09-14"}};
  request.body = body.dump();
  sdk::HttpResponse response = host_.http(call, request);
  call.progress();
  if (response.status < 200 || response.status > 299) {
    throw failure_of(doing, response, host_.now_ns());
  }
  return std::move(response.body);
}

std::string Client::sync(const sdk::Call& call, const Item& item, std::string_view cursor) const {
  Json body = for_item(item);
  body.set_if("cursor", cursor);
  body.set("count", settings_.page_size);
  return post(call, "/transactions/sync", "item " + item.id + ": sync transactions", body);
}

namespace {

Json read(std::string_view doing, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Failure& failure) {
    throw Failure(Status::kTransient,
                  "Plaid: " + std::string(doing) + ": the answer is " + failure.what());
  }
}

}  // namespace

Json Client::item(const sdk::Call& call, const Item& item) const {
  const std::string doing = "item " + item.id + ": ask for it";
  return read(doing, post(call, "/item/get", doing, for_item(item)));
}

Json Client::verification_key(const sdk::Call& call, std::string_view kid) const {
  Json body = Json::object();
  body.set("key_id", kid);
  const std::string_view doing = "fetch a webhook key";
  return read(doing, post(call, "/webhook_verification_key/get", doing, body))["key"];
}

}  // namespace gantry::plaid
