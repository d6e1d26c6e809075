#pragma once

#include <string>

#include "host/contracts/ingestion.hpp"
#include "host/observe/log.hpp"
#include "host/observe/trace.hpp"

namespace gantry::activities {

/// What an activity works on: on every line that is logged until the answer dies, and on the
/// activity's span. [blocking]
inline observe::LogScope about(const std::string& source, const std::string& delivery = {},
                               const std::string& document = {}) {
  const auto note = [](std::string_view name, const std::string& id) {
    if (!id.empty()) observe::note({name, id});
  };
  note(observe::kSource, source);
  note(observe::kDelivery, delivery);
  note(observe::kDocument, document);
  return observe::LogScope(
      {{observe::kSource, source}, {observe::kDelivery, delivery}, {observe::kDocument, document}});
}

inline observe::LogScope about(const DocumentIngestionInput& input) {
  if (input.records.size() != 1) {
    observe::note({"records", input.records.size()});
    return about(input.source);
  }
  return about(input.source, {}, input.records.front().document_id);
}

}  // namespace gantry::activities
