#include "host/models/openai_embedder.hpp"

#include <algorithm>
#include <iterator>

#include "host/base/assert.hpp"

namespace gantry::models {

OpenAiEmbedder::OpenAiEmbedder(const OpenAiClient& client, std::size_t dimension, std::size_t batch)
    : client_(client),
      name_("openai:" + client.model() + '/' + std::to_string(dimension)),
      dimension_(dimension),
      batch_(batch) {
  GANTRY_ASSERT(dimension_ > 0 && batch_ > 0);
}

Result<std::vector<pipeline::Vector>> OpenAiEmbedder::embed_batch(
    std::span<const std::string_view> texts) const {
  const std::string request = pipeline::openai::embedding_request(client_.model(), texts);
  pipeline::openai::EmbeddingAnswer out;
  const auto asked = client_.post(
      "/embeddings", request, [&](std::string_view body) -> Result<pipeline::openai::Usage> {
        auto answer = pipeline::openai::read_embeddings(body, texts.size(), dimension_);
        if (!answer) return answer.error();
        out = std::move(*answer);
        return out.usage;
      });
  if (!asked) return asked.error();
  return std::move(out.vectors);
}

Result<std::vector<pipeline::Vector>> OpenAiEmbedder::embed(
    std::span<const std::string_view> texts) const {
  std::vector<pipeline::Vector> out;
  out.reserve(texts.size());
  for (std::size_t at = 0; at < texts.size(); at += batch_) {
    auto some = embed_batch(texts.subspan(at, std::min(batch_, texts.size() - at)));
    if (!some) return some.error();
    std::ranges::move(*some, std::back_inserter(out));
  }
  return out;
}

}  // namespace gantry::models
