#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"

/// What an OpenAI-compatible endpoint is sent and what its answers mean; no I/O. Facts:
/// platform.openai.com/docs/api-reference, pages "Embeddings" and "Chat", and the guides
/// "Structured outputs" and "Error codes".
namespace gantry::pipeline::openai {

/// What an answer says it cost.
struct Usage {
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;

  bool operator==(const Usage&) const = default;
};

struct EmbeddingAnswer {
  std::vector<Vector> vectors;  ///< In the order of the texts, each of length 1.
  Usage usage;
};

/// Body of POST <base>/embeddings. [any-thread]
std::string embedding_request(std::string_view model, std::span<const std::string_view> texts);

/// Reads its answer for `texts` texts. The order of the list does not matter, `index` does. Refused
/// with kUnavailable: anything that is not one finite non-zero vector per text. With kInvalid:
/// vectors of another length than `dimension`. [any-thread]
Result<EmbeddingAnswer> read_embeddings(std::string_view body, std::size_t texts,
                                        std::size_t dimension);

struct EntityAnswer {
  std::vector<Entity> entities;  ///< Offsets are those in the text that was sent.
  bool refused = false;          ///< The model will not read this text: `entities` is empty.
  std::size_t dropped = 0;       ///< Named by the model, and not in the text or of no sound value.
  Usage usage;
};

/// Body of POST <base>/chat/completions that asks for the entities of `text` under a strict JSON
/// schema. The text is data: the instructions say so, and whatever comes back is checked.
/// [any-thread]
std::string entity_request(std::string_view model, std::string_view text);

/// Reads its answer. Offsets and values are worked out here, by the rules' own normalisers: what
/// the text does not hold is dropped, so a model can invent nothing. An answer that was cut or has
/// another form is kUnavailable. [any-thread]
Result<EntityAnswer> read_entities(std::string_view body, std::string_view text,
                                   const EntityExtractor& rules);

/// What an answer of another status than 200 means: kInvalid for a request that can never be
/// served (400, 413, 422), kDenied for the key or the quota (401, 403, 404 is the model), and
/// kUnavailable for the rest, which may be tried again. [any-thread]
Error status_error(unsigned status, std::string_view body);

}  // namespace gantry::pipeline::openai
