#include "host/pipeline/embedder.hpp"

#include <iterator>

#include "host/base/assert.hpp"

namespace gantry::pipeline {

Result<std::vector<Embeddings>> embed_chunks(const Embedder& embedder,
                                             std::span<const ParsedText* const> texts) {
  std::vector<std::string_view> chunks;
  for (const ParsedText* text : texts) {
    for (std::size_t i = 0; i < text->chunks.size(); ++i) chunks.push_back(text->chunk(i));
  }
  Result<std::vector<Vector>> vectors = std::vector<Vector>{};
  if (!chunks.empty()) vectors = embedder.embed(chunks);
  if (!vectors) return vectors.error();
  GANTRY_ASSERT(vectors->size() == chunks.size());
  std::vector<Embeddings> out;
  auto next = std::make_move_iterator(vectors->begin());
  for (const ParsedText* text : texts) {
    const auto end = next + static_cast<std::ptrdiff_t>(text->chunks.size());
    out.push_back({std::string(embedder.model()), embedder.dimension(), {next, end}});
    next = end;
  }
  return out;
}

}  // namespace gantry::pipeline
