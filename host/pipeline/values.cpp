#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::pipeline {

static_assert(std::endian::native == std::endian::little, "vectors are written as they lie");

std::string_view ParsedText::chunk(std::size_t index) const {
  GANTRY_ASSERT(index < chunks.size());
  return std::string_view(text).substr(chunks[index].begin,
                                       chunks[index].end - chunks[index].begin);
}

void to_json(Json& out, const Chunk& chunk) { out = Json::array({chunk.begin, chunk.end}); }

void from_json(const Json& in, Chunk& chunk) {
  in.at(0).get_to(chunk.begin);
  in.at(1).get_to(chunk.end);
}

void to_json(Json& out, const ParsedText& parsed) {
  out = {{"text", parsed.text},
         {"content_type", parsed.content_type},
         {"encoding", parsed.encoding},
         {"title", parsed.title},
         {"chunks", parsed.chunks}};
}

void from_json(const Json& in, ParsedText& parsed) {
  in.at("text").get_to(parsed.text);
  in.at("content_type").get_to(parsed.content_type);
  in.at("encoding").get_to(parsed.encoding);
  in.at("title").get_to(parsed.title);
  in.at("chunks").get_to(parsed.chunks);
  for (const Chunk& chunk : parsed.chunks) {
    if (chunk.begin > chunk.end || chunk.end > parsed.text.size()) {
      throw std::out_of_range("chunk outside of its text");
    }
  }
}

void to_json(Json& out, const Entity& entity) {
  out = {{"kind", entity.kind},   {"text", entity.text}, {"value", entity.value},
         {"begin", entity.begin}, {"end", entity.end},   {"confidence", entity.confidence}};
}

void from_json(const Json& in, Entity& entity) {
  in.at("kind").get_to(entity.kind);
  in.at("text").get_to(entity.text);
  in.at("value").get_to(entity.value);
  in.at("begin").get_to(entity.begin);
  in.at("end").get_to(entity.end);
  in.at("confidence").get_to(entity.confidence);
}

void to_json(Json& out, const Embeddings& embeddings) {
  std::string bytes;
  bytes.reserve(embeddings.vectors.size() * embeddings.dimension * sizeof(float));
  for (const Vector& vector : embeddings.vectors) {
    GANTRY_ASSERT(vector.size() == embeddings.dimension);
    bytes.append(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
  }
  out = {{"model", embeddings.model},
         {"dimension", embeddings.dimension},
         {"count", embeddings.vectors.size()},
         {"vectors", to_base64(bytes)}};
}

void from_json(const Json& in, Embeddings& embeddings) {
  in.at("model").get_to(embeddings.model);
  in.at("dimension").get_to(embeddings.dimension);
  const auto count = in.at("count").get<std::size_t>();
  const std::string bytes = from_base64(in.at("vectors").get_ref<const std::string&>()).value();
  const std::size_t row = embeddings.dimension * sizeof(float);
  if (row == 0 ? count != 0 || !bytes.empty()
               : bytes.size() % row != 0 || bytes.size() / row != count) {
    throw std::out_of_range("vectors do not have the length that count and dimension say");
  }
  embeddings.vectors.assign(count, Vector(embeddings.dimension));
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(embeddings.vectors[i].data(), bytes.data() + i * row, row);
  }
}

}  // namespace gantry::pipeline
