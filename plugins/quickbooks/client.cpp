#include "client.hpp"

#include <gantry/sdk/url.hpp>

#include "entities.hpp"
#include "fault.hpp"

namespace gantry::quickbooks {

using sdk::Failure;
using sdk::Json;

std::string Client::url(const std::string& path, const Fields& fields) const {
  std::string out = settings_.base_url + "/v3/company/" + settings_.realm_id + '/' + path;
  for (const auto& [name, value] : fields) out = sdk::with_query(std::move(out), {{name, value}});
  return sdk::with_query(std::move(out),
                         {{"minorversion", std::to_string(settings_.minor_version)}});
}

Answer Client::send(const sdk::Call& call, std::string_view doing, const std::string& url,
                    std::string_view token) const {
  sdk::HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"},
                     {"Authorization", "Bearer " + std::string(token)}};
  request.response_max = std::uint64_t{64} << 20;
  sdk::HttpResponse response = host_.http(call, request);
  call.progress();
  Json json = Json::parse_or_null(response.body);
  if (auto fault = fault_of(doing, response, json)) throw Failure(*fault);
  return {std::move(response.body), std::move(json)};
}

Answer Client::get(const sdk::Call& call, std::string_view doing, const std::string& path,
                   const Fields& fields) const {
  const std::string address = url(path, fields);
  const std::string token = tokens_.get(call);
  try {
    return send(call, doing, address, token);
  } catch (const Failure& failure) {
    if (code_of(failure) != "401") throw;
  }
  // Revoked or run out before its time: once more with a new one.
  tokens_.drop(token);
  return send(call, doing, address, tokens_.get(call));
}

Answer Client::changes(const sdk::Call& call, const std::vector<std::string>& entities,
                       std::string_view since) const {
  std::string names;
  for (const std::string& entity : entities) names += (names.empty() ? "" : ",") + entity;
  return get(call, "ask what changed", "cdc",
             {{"entities", names}, {"changedSince", std::string(since)}});
}

Answer Client::query(const sdk::Call& call, std::string_view statement) const {
  return get(call, "query", "query", {{"query", std::string(statement)}});
}

Answer Client::object(const sdk::Call& call, std::string_view entity, std::string_view id) const {
  return get(call, "fetch one " + std::string(entity),
             path_of(entity) + '/' + sdk::percent_encode(id), {});
}

Answer Client::company(const sdk::Call& call, std::string_view token) const {
  return send(call, "ask for the company", url("companyinfo/" + settings_.realm_id, {}), token);
}

}  // namespace gantry::quickbooks
