#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/parser.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/ingested.hpp"

namespace gantry::bench {

/// A document of about 1 KiB as the pipeline hands it to the stores: freight mail with words from a
/// vocabulary of 5,000, so that indexes are realistic. The same number gives the same text.
inline stores::IngestedDocument freight_mail(const std::string& id, std::uint64_t number) {
  static const pipeline::RulesExtractor extractor;
  static const pipeline::HashingEmbedder embedder;
  std::mt19937_64 random(number);
  std::string text = "Load # " + std::to_string(100'000 + number) +
                     " from Chicago, IL to Dallas, TX for $1,250.00 on 2025-03-14, call "
                     "312-555-0123.\n";
  while (text.size() < 1024) {
    text += "word" + std::to_string(random() % 5000);
    text += random() % 12 == 0 ? ". " : " ";
  }
  stores::IngestedDocument item;
  Document& d = item.document;
  d.id = id;
  d.source = "bench";
  d.kind = "message";
  d.title = "Message " + std::to_string(number);
  d.text = std::move(text);
  d.content_type = "text/plain";
  d.metadata = R"({"channel":"mail"})";
  d.version = 1;
  item.parsed = pipeline::parse(d.text, d.content_type).value();
  item.entities = extractor.extract(item.parsed.text).value();
  std::vector<std::string_view> chunks;
  for (std::size_t i = 0; i < item.parsed.chunks.size(); ++i) {
    chunks.push_back(item.parsed.chunk(i));
  }
  item.embeddings = {std::string(embedder.model()), embedder.dimension(),
                     embedder.embed(chunks).value()};
  return item;
}

}  // namespace gantry::bench
