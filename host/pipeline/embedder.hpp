#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::pipeline {

using Vector = std::vector<float>;

/// A document's vectors, one per chunk in the chunks' order.
struct Embeddings {
  std::string model;
  std::size_t dimension = 0;
  std::vector<Vector> vectors;

  bool operator==(const Embeddings&) const = default;
};

/// {"model", "dimension", "count", "vectors"}: all vectors as base64 of little-endian float32.
void to_json(Json& out, const Embeddings& embeddings);
void from_json(const Json& in, Embeddings& embeddings);

/// Turns texts into vectors, as a port: hashing here, models later.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Vectors of different models are never compared, so this names the model and its revision.
  virtual std::string_view model() const = 0;
  virtual std::size_t dimension() const = 0;
  /// One vector of length 1 per text, in order. [any-thread] [blocking]
  virtual Result<std::vector<Vector>> embed(std::span<const std::string_view> texts) const = 0;
};

/// The vectors of each text's chunks: one call of the model for all texts, which one over a network
/// needs. [any-thread] [blocking]
Result<std::vector<Embeddings>> embed_chunks(const Embedder& embedder,
                                             std::span<const ParsedText* const> texts);

}  // namespace gantry::pipeline
