#include "host/plugins/conformance/scenario.hpp"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "host/base/json.hpp"
#include "host/base/time.hpp"

namespace gantry::plugins::conformance {
namespace {

Error wrong(const std::string& where, const std::string& what) {
  return {ErrorKind::kInvalid, "scenario: " + where + ": " + what};
}

/// A typing error must not switch a test off.
Result<void> check_members(const Json& object, const std::string& where,
                           const std::set<std::string_view>& known) {
  if (!object.is_object()) return wrong(where, "is not an object");
  for (const auto& [name, value] : object.items()) {
    if (known.contains(name)) continue;
    return wrong(where, "has the unknown member \"" + name + '"');
  }
  return {};
}

std::string text_or(const Json& object, const char* key, std::string fallback = {}) {
  return text_at(object, key).value_or(std::move(fallback));
}

std::string text_or_json(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string body_of(const Json& object) {
  const auto body = object.find("body");
  return body == object.end() ? std::string() : text_or_json(*body);
}

std::vector<std::pair<std::string, std::string>> headers_of(const Json& object) {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto found = object.find("headers");
  if (found == object.end() || !found->is_object()) return headers;
  for (const auto& [name, value] : found->items()) {
    headers.emplace_back(name, text_or_json(value));
  }
  return headers;
}

Result<VendorAnswer> read_answer(const Json& object, const std::string& where) {
  if (auto ok = check_members(object, where,
                              {"method", "url", "body_has", "status", "headers", "body", "times"});
      !ok) {
    return ok.error();
  }
  VendorAnswer answer;
  answer.method = text_or(object, "method");
  answer.url = text_or(object, "url");
  answer.body_has = text_or(object, "body_has");
  answer.headers = headers_of(object);
  answer.body = body_of(object);
  const Json status = object.value("status", Json(200U));
  const Json times = object.value("times", Json(0U));
  if (!status.is_number_unsigned() || status < 100 || status > 599) {
    return wrong(where, "status is none of 100 to 599");
  }
  if (!times.is_number_unsigned()) return wrong(where, "times is not a number");
  answer.status = status.get<unsigned>();
  answer.times = times.get<unsigned>();
  try {
    static_cast<void>(std::regex(answer.url));
  } catch (const std::regex_error& problem) {
    return wrong(where, "url is no regular expression: " + std::string(problem.what()));
  }
  return answer;
}

Result<KnownRequest> read_request(const Json& object, const std::string& where) {
  if (auto ok = check_members(
          object, where, {"name", "method", "url", "headers", "body", "verdict", "covers_body"});
      !ok) {
    return ok.error();
  }
  KnownRequest request;
  request.name = text_or(object, "name", where);
  request.method = text_or(object, "method", "POST");
  request.url = text_or(object, "url");
  request.headers = headers_of(object);
  request.body = body_of(object);
  request.verdict = text_or(object, "verdict", "accept");
  request.covers_body = text_or(object, "covers_body") == "true";
  if (request.verdict != "accept" && request.verdict != "reject" && request.verdict != "reply") {
    return wrong(where, "verdict is none of accept, reject, reply");
  }
  return request;
}

template <class T, class Read>
Result<std::vector<T>> read_list(const Json& scenario, const char* key, Read read) {
  std::vector<T> out;
  const auto list = scenario.find(key);
  if (list == scenario.end()) return out;
  if (!list->is_array()) return wrong(key, "is not a list");
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto one = read((*list)[i], std::string(key) + '[' + std::to_string(i) + ']');
    if (!one) return one.error();
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace

Scenario empty_scenario() {
  Scenario scenario;
  // A Wednesday noon, far from every change of day, month and year.
  scenario.now =
      Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 14} + std::chrono::hours{12}};
  return scenario;
}

Result<Scenario> parse_scenario(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return wrong("file", json.error().what);
  if (auto ok = check_members(*json, "file", {"now", "secrets", "kv", "http", "requests"}); !ok) {
    return ok.error();
  }
  Scenario scenario = empty_scenario();
  scenario.present = true;
  if (const auto now = text_at(*json, "now")) {
    const auto at = parse_rfc3339(*now);
    if (!at) return wrong("now", at.error().what);
    scenario.now = *at;
  }
  if (const auto secrets = json->find("secrets"); secrets != json->end()) {
    if (!secrets->is_object()) return wrong("secrets", "is not an object");
    for (const auto& [pointer, values] : secrets->items()) {
      const Json list = values.is_array() ? values : Json::array({values});
      for (const Json& value : list) {
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
          return wrong("secrets", pointer + " holds something that is no text");
        }
        scenario.secrets[pointer].push_back(value.get<std::string>());
      }
    }
  }
  if (const auto kv = json->find("kv"); kv != json->end()) {
    if (!kv->is_object()) return wrong("kv", "is not an object");
    for (const auto& [key, value] : kv->items()) scenario.kv[key] = text_or_json(value);
  }
  auto http = read_list<VendorAnswer>(*json, "http", read_answer);
  if (!http) return http.error();
  scenario.http = std::move(*http);
  auto requests = read_list<KnownRequest>(*json, "requests", read_request);
  if (!requests) return requests.error();
  scenario.requests = std::move(*requests);
  return scenario;
}

}  // namespace gantry::plugins::conformance
