#include "host/pipeline/openai_answer.hpp"

#include <nlohmann/json.hpp>

#include "host/pipeline/openai.hpp"

namespace gantry::pipeline::openai {
namespace {

constexpr std::size_t kUpstreamMax = 300;

std::uint64_t count_at(const Json& usage, std::string_view name) {
  const Json* value = member(usage, name);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

}  // namespace

const Json* member(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

Usage usage_of(const Json& answer) {
  const Json* usage = member(answer, "usage");
  if (usage == nullptr) return {};
  return {count_at(*usage, "prompt_tokens"), count_at(*usage, "completion_tokens")};
}

Error malformed(const std::string& why) {
  return {ErrorKind::kUnavailable, "the model's answer cannot be used: " + why};
}

Error status_error(unsigned status, std::string_view body) {
  std::string code;
  std::string words;
  if (const auto answer = parse_json(body)) {
    if (const Json* error = member(*answer, "error"); error != nullptr) {
      code = text_at(*error, "code").value_or("");
      words = text_at(*error, "message").value_or("").substr(0, kUpstreamMax);
    }
  }
  const std::string what = "the model's endpoint answered " + std::to_string(status);
  if (status == 401 || status == 403) {
    return {ErrorKind::kDenied, what + ": check its key", words};
  }
  if (status == 404) return {ErrorKind::kDenied, what + ": check its URL and model", words};
  if (code == "insufficient_quota") {
    return {ErrorKind::kDenied, what + ": its account has no quota left", words};
  }
  if (status == 400 || status == 413 || status == 422) {
    return {ErrorKind::kInvalid, what + ": it cannot serve this request", words};
  }
  return {ErrorKind::kUnavailable, what, words};
}

}  // namespace gantry::pipeline::openai
