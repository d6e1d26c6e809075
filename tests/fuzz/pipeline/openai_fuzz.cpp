#include <cstddef>
#include <cstdint>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/openai.hpp"
#include "host/pipeline/rules_extractor.hpp"

/// Any answer of a model endpoint is refused with a reason or gives vectors of length 1 and
/// entities that stand in the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::pipeline;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const unsigned status : {400U, 429U, 500U}) {
    GANTRY_ASSERT(!openai::status_error(status, body).what.empty());
  }
  if (const auto answer = openai::read_embeddings(body, 2, 3)) {
    GANTRY_ASSERT(answer->vectors.size() == 2);
    for (const Vector& vector : answer->vectors) {
      GANTRY_ASSERT(vector.size() == 3);
      double squares = 0;
      for (const float value : vector) squares += static_cast<double>(value) * value;
      GANTRY_ASSERT(squares > 0.99 && squares < 1.01);
    }
  }
  static const RulesExtractor rules;
  constexpr std::string_view kText = "Load L-4711, L-4711 for $5 at Joliet, IL on 2026-01-16";
  if (const auto answer = openai::read_entities(body, kText, rules)) {
    for (const Entity& entity : answer->entities) {
      GANTRY_ASSERT(kText.substr(entity.begin, entity.end - entity.begin) == entity.text);
      GANTRY_ASSERT(!entity.value.empty() && gantry::is_utf8(entity.value));
      GANTRY_ASSERT(entity.confidence > 0 && entity.confidence < 1);
    }
  }
  return 0;
}
