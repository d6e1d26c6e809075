#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/contracts/document.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::stores {

/// A document with all that the pipeline made of it. A tombstone or purge needs only `document`.
struct IngestedDocument {
  Document document;
  pipeline::ParsedText parsed;
  std::vector<pipeline::Entity> entities;
  pipeline::Embeddings embeddings;

  bool operator==(const IngestedDocument&) const = default;
};

void to_json(Json& out, const IngestedDocument& item);
void from_json(const Json& in, IngestedDocument& item);

/// SHA-256, hex, over everything but received_at: the saga's idempotency key. [any-thread]
std::string idempotency_key(const IngestedDocument& item);

}  // namespace gantry::stores
