#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "host/pipeline/entities.hpp"

namespace gantry::pipeline {

/// Freight entities by rules: no model, no network, linear time on any input (RE2).
///
/// Kinds: load, pro, bol, po, scac, mc, dot, container (ISO 6346 check digit holds), trailer,
/// carrier, place (US states, Canadian provinces), money (decimal text and ISO 4217 code), date
/// (ISO 8601), email, phone (E.164, North American plan). At most 1,000 entities per text, the
/// first ones. Overlapping finds: the surer one stays. [any-thread]
class RulesExtractor final : public EntityExtractor {
 public:
  RulesExtractor();
  ~RulesExtractor() override;
  std::string_view name() const override { return "rules"; }
  Result<std::vector<Entity>> extract(std::string_view text) const override;

 private:
  struct Rules;
  std::unique_ptr<const Rules> rules_;
};

}  // namespace gantry::pipeline
