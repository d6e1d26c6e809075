#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"

namespace gantry::pipeline {

/// A thing that a text names. (kind, value) is its identity: the same load named in two documents
/// has the same value, however it was written.
struct Entity {
  std::string kind;       ///< "load", "pro", "bol", "po", "scac", "mc", "dot", "container", …
  std::string text;       ///< As written.
  std::string value;      ///< Normalised: "1250.00 USD", "2025-03-14", "+13125550123".
  std::size_t begin = 0;  ///< Byte offsets in the text: [begin, end); 0, 0 for
  std::size_t end = 0;    ///< what the document states beside its text.
  double confidence = 0;  ///< 0…1: how rarely such a match is something else.

  bool operator==(const Entity&) const = default;
};

void to_json(Json& out, const Entity& entity);
void from_json(const Json& in, Entity& entity);

/// Finds entities in a text, as a port: rules here, language models later.
class EntityExtractor {
 public:
  virtual ~EntityExtractor() = default;
  /// For logs and results: "rules".
  virtual std::string_view name() const = 0;
  /// Entities by offset. `text` is valid UTF-8. [any-thread] [blocking]
  virtual Result<std::vector<Entity>> extract(std::string_view text) const = 0;
};

}  // namespace gantry::pipeline
