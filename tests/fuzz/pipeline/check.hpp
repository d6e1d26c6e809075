#pragma once

#include <string_view>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/parser.hpp"
#include "host/pipeline/rules_extractor.hpp"

namespace gantry::pipeline {

/// Any bytes are a sound value or kInvalid with a reason, and a value survives the next stage.
inline void check_parse(std::string_view bytes, std::string_view content_type) {
  ParseOptions options;
  options.limits = {.input_bytes_max = 1 << 16, .output_bytes_max = 1 << 17, .nesting_max = 50};
  const auto parsed = parse(bytes, content_type, options);
  if (!parsed) {
    // kUnavailable: a PDF, whose reader is not there; pdf_fuzz has it.
    const ErrorKind kind = parsed.error().kind;
    GANTRY_ASSERT(kind == ErrorKind::kInvalid || kind == ErrorKind::kUnavailable);
    GANTRY_ASSERT(!parsed.error().what.empty());
    return;
  }
  GANTRY_ASSERT(!parsed->text.empty() && is_utf8(parsed->text) && !parsed->chunks.empty());
  GANTRY_ASSERT(parsed->chunks.front().begin == 0);
  GANTRY_ASSERT(parsed->chunks.back().end == parsed->text.size());
  static const RulesExtractor extractor;
  const auto entities = extractor.extract(parsed->text);
  GANTRY_ASSERT(entities.has_value());
  for (const Entity& entity : *entities) {
    GANTRY_ASSERT(entity.begin < entity.end && entity.end <= parsed->text.size());
    GANTRY_ASSERT(entity.text ==
                  std::string_view(parsed->text).substr(entity.begin, entity.end - entity.begin));
    GANTRY_ASSERT(is_utf8(entity.text) && is_utf8(entity.value));
  }
}

}  // namespace gantry::pipeline
