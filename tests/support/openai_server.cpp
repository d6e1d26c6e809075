#include "tests/support/openai_server.hpp"

#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::test {
namespace {

LoopbackResponse json_answer(unsigned status, const Json& body) {
  return {status, {{"Content-Type", "application/json"}}, body.dump(), {}};
}

LoopbackResponse refusal(unsigned status, const std::string& code, const std::string& message) {
  return json_answer(status, {{"error",
                               {{"message", message},
                                {"type", "invalid_request_error"},
                                {"param", nullptr},
                                {"code", code}}}});
}

}  // namespace

OpenAiServer::OpenAiServer(const pipeline::Embedder& model)
    : model_(model), http_([this](const LoopbackRequest& request) { return answer(request); }) {}

void OpenAiServer::next(LoopbackResponse response) {
  const std::lock_guard lock(mutex_);
  scripted_.push_back(std::move(response));
}

void OpenAiServer::chat(std::function<std::string(const std::string& text)> answer) {
  const std::lock_guard lock(mutex_);
  chat_ = std::move(answer);
}

LoopbackResponse OpenAiServer::answer(const LoopbackRequest& request) {
  const std::lock_guard lock(mutex_);
  if (!scripted_.empty()) {
    auto out = std::move(scripted_.front());
    scripted_.pop_front();
    return out;
  }
  if (request.header("Authorization") != std::string("Bearer ") + kKey) {
    return refusal(401, "invalid_api_key", "Incorrect API key provided");
  }
  if (request.method != "POST") return refusal(405, "method_not_allowed", "POST only");
  if (request.target == "/v1/embeddings") return embeddings(request.body);
  if (request.target == "/v1/chat/completions") return completion(request.body);
  return refusal(404, "unknown_url", "Unknown request URL");
}

LoopbackResponse OpenAiServer::embeddings(const std::string& body) const {
  const Json request = Json::parse(body);
  const auto texts = request.at("input").get<std::vector<std::string>>();
  if (texts.empty() || texts.size() > 2048) return refusal(400, "invalid_input", "input size");
  std::vector<std::string_view> views;
  std::size_t tokens = 0;
  for (const auto& text : texts) {
    if (text.empty()) return refusal(400, "invalid_input", "input cannot be an empty string");
    if (text.size() > kInputMax) {
      return refusal(400, "context_length_exceeded", "maximum context length is 8192 tokens");
    }
    views.emplace_back(text);
    tokens += 1 + text.size() / 4;
  }
  const auto vectors = model_.embed(views).value();
  Json data = Json::array();
  for (std::size_t i = vectors.size(); i-- > 0;) {  // the last first: only `index` tells
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", vectors[i]}});
  }
  return json_answer(200, {{"object", "list"},
                           {"data", data},
                           {"model", request.at("model")},
                           {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
}

LoopbackResponse OpenAiServer::completion(const std::string& body) const {
  const Json request = Json::parse(body);
  const Json& format = request.at("response_format");
  const Json& schema = format.at("json_schema");
  // What the guide to structured outputs demands of a strict schema's every object.
  if (format.at("type") != "json_schema" || schema.at("strict") != true ||
      schema.at("schema").at("additionalProperties") != false) {
    return refusal(400, "invalid_schema", "Invalid schema for response_format");
  }
  const auto text = request.at("messages").at(1).at("content").get<std::string>();
  const Json message = {{"role", "assistant"}, {"content", chat_(text)}, {"refusal", nullptr}};
  return json_answer(
      200,
      {{"object", "chat.completion"},
       {"choices", Json::array({{{"index", 0}, {"message", message}, {"finish_reason", "stop"}}})},
       {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 7}, {"total_tokens", 107}}}});
}

}  // namespace gantry::test
