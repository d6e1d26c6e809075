#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "host/models/openai_client.hpp"
#include "host/pipeline/embedder.hpp"

namespace gantry::models {

/// Vectors from an OpenAI-compatible endpoint, `batch` texts a request. An answer that cannot be
/// used is asked for again, as often as a call that failed. [any-thread]
class OpenAiEmbedder final : public pipeline::Embedder {
 public:
  OpenAiEmbedder(const OpenAiClient& client, std::size_t dimension, std::size_t batch);

  /// "openai:<model>/<dimension>": vectors of two endpoints with one model are compared.
  std::string_view model() const override { return name_; }
  std::size_t dimension() const override { return dimension_; }
  Result<std::vector<pipeline::Vector>> embed(
      std::span<const std::string_view> texts) const override;

 private:
  Result<std::vector<pipeline::Vector>> embed_batch(std::span<const std::string_view> texts) const;

  const OpenAiClient& client_;
  const std::string name_;
  const std::size_t dimension_;
  const std::size_t batch_;
};

}  // namespace gantry::models
