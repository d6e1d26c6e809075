#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/ingested.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores {

Result<std::vector<Listed>> Store::list(std::string_view, std::size_t, const CallOptions&) const {
  return Error{ErrorKind::kUnsupported, std::string(name()) + ": cannot list its documents"};
}

void to_json(Json& out, const IngestedDocument& item) {
  out = {{"document", item.document},
         {"parsed", item.parsed},
         {"entities", item.entities},
         {"embeddings", item.embeddings}};
}

void from_json(const Json& in, IngestedDocument& item) {
  in.at("document").get_to(item.document);
  in.at("parsed").get_to(item.parsed);
  in.at("entities").get_to(item.entities);
  in.at("embeddings").get_to(item.embeddings);
}

std::string idempotency_key(const IngestedDocument& item) {
  // Lengths before the parts, so that no two contents make one text.
  std::string canonical = content_hash(item.document);
  const auto part = [&canonical](std::string_view bytes) {
    canonical.append(std::to_string(bytes.size())).append(1, ':').append(bytes);
  };
  part(item.parsed.text);
  for (const pipeline::Entity& entity : item.entities) {
    part(entity.kind);
    part(entity.value);
    part(std::to_string(entity.begin));
  }
  part(item.embeddings.model);
  for (const pipeline::Vector& vector : item.embeddings.vectors) {
    part({reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
  }
  return to_hex(sha256(canonical));
}

std::string_view to_string(Kept kept) noexcept {
  switch (kept) {
    case Kept::kWritten:
      return "written";
    case Kept::kUnchanged:
      return "unchanged";
    case Kept::kStale:
      return "stale";
    case Kept::kFenced:
      return "fenced";
  }
  return "unknown";
}

}  // namespace gantry::stores
