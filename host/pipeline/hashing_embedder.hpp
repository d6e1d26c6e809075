#pragma once

#include "host/pipeline/embedder.hpp"

namespace gantry::pipeline {

/// Feature hashing of words and character trigrams into 256 dimensions. Finds shared words and
/// spellings; it is no language model and knows no meaning, and its model name says so.
///
/// The same text gives the same bytes on every machine: integer counts, one division. [any-thread]
class HashingEmbedder final : public Embedder {
 public:
  std::string_view model() const override { return "hashing-256/1 (no language model)"; }
  std::size_t dimension() const override { return 256; }
  Result<std::vector<Vector>> embed(std::span<const std::string_view> texts) const override;
};

}  // namespace gantry::pipeline
