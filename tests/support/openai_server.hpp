#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "host/pipeline/embedder.hpp"
#include "tests/support/loopback_http.hpp"

namespace gantry::test {

/// An OpenAI-compatible endpoint on this machine that keeps what the API's reference documents: the
/// key in Authorization (401 `invalid_api_key`), 1 to 2,048 inputs, none empty, none longer than
/// the model's window (400), vectors with their index in any order, usage; for chat a strict JSON
/// schema (400 without). Scripted answers go first, one a request.
class OpenAiServer {
 public:
  static constexpr const char* kKey = "sk-test-of-ours";
  static constexpr std::size_t kInputMax = 8'192;  ///< Characters, in place of tokens.

  explicit OpenAiServer(const pipeline::Embedder& model);

  std::string url() const { return http_.url("/v1"); }
  /// Answers the next request with this, whatever it asks.
  void next(LoopbackResponse response);
  /// What chat answers with as its content, made from the user's message.
  void chat(std::function<std::string(const std::string& text)> answer);
  std::vector<LoopbackRequest> requests() const { return http_.requests(); }

 private:
  LoopbackResponse answer(const LoopbackRequest& request);
  LoopbackResponse embeddings(const std::string& body) const;
  LoopbackResponse completion(const std::string& body) const;

  const pipeline::Embedder& model_;
  mutable std::mutex mutex_;
  std::deque<LoopbackResponse> scripted_;
  std::function<std::string(const std::string&)> chat_;
  LoopbackHttp http_;  // last: its handler uses what stands above
};

}  // namespace gantry::test
