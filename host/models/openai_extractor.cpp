#include "host/models/openai_extractor.hpp"

#include <algorithm>
#include <tuple>

#include "host/pipeline/chunking.hpp"

namespace gantry::models {
namespace {

// Some 4,000 tokens: well inside every model's window, and its answer inside the usual limit.
constexpr pipeline::ChunkOptions kPieces{.size = 12'000, .overlap = 200};
// A text of more pieces costs money without end: the rules read what lies behind.
constexpr std::size_t kPiecesMax = 32;

}  // namespace

Result<std::vector<pipeline::Entity>> OpenAiExtractor::extract_piece(std::string_view text) const {
  const std::string request = pipeline::openai::entity_request(client_.model(), text);
  pipeline::openai::EntityAnswer out;
  const auto asked = client_.post(
      "/chat/completions", request, [&](std::string_view body) -> Result<pipeline::openai::Usage> {
        auto answer = pipeline::openai::read_entities(body, text, rules_);
        if (!answer) return answer.error();
        out = std::move(*answer);
        return out.usage;
      });
  if (!asked) return asked.error();
  // Nobody's document is lost for a model's taste.
  if (out.refused) return rules_.extract(text);
  return std::move(out.entities);
}

Result<std::vector<pipeline::Entity>> OpenAiExtractor::extract(std::string_view text) const {
  std::vector<pipeline::Entity> out;
  std::size_t pieces = 0;
  for (const pipeline::Chunk& piece : pipeline::chunk_text(text, kPieces)) {
    const bool last = ++pieces > kPiecesMax;
    auto found = last ? rules_.extract(text.substr(piece.begin))
                      : extract_piece(text.substr(piece.begin, piece.end - piece.begin));
    if (!found) return found.error();
    for (pipeline::Entity& entity : *found) {
      entity.begin += piece.begin;
      entity.end += piece.begin;
      const auto doubled = [&](const pipeline::Entity& other) {
        return other.kind == entity.kind && other.begin == entity.begin;
      };
      if (std::ranges::none_of(out, doubled)) out.push_back(std::move(entity));
    }
    if (last) break;
  }
  std::ranges::sort(out, [](const pipeline::Entity& left, const pipeline::Entity& right) {
    return std::tie(left.begin, left.kind) < std::tie(right.begin, right.kind);
  });
  return out;
}

}  // namespace gantry::models
