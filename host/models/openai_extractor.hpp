#pragma once

#include "host/models/openai_client.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/rules_extractor.hpp"

namespace gantry::models {

/// Entities from an OpenAI-compatible chat model that answers under a JSON schema. A long text is
/// asked about in overlapping pieces. What the model names and the text does not hold is dropped;
/// values are those of the rules, so that its finds meet theirs in the graph. [any-thread]
class OpenAiExtractor final : public pipeline::EntityExtractor {
 public:
  explicit OpenAiExtractor(const OpenAiClient& client) : client_(client) {}

  std::string_view name() const override { return "openai"; }
  Result<std::vector<pipeline::Entity>> extract(std::string_view text) const override;

 private:
  Result<std::vector<pipeline::Entity>> extract_piece(std::string_view text) const;

  const OpenAiClient& client_;
  const pipeline::RulesExtractor rules_;
};

}  // namespace gantry::models
