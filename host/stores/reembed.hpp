#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/base/clock.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores {

/// What reembed() works on. All outlive the call.
struct ReembedPorts {
  saga::SagaPorts whole;  ///< As a host writes documents: what its sagas left open is ended first.
  const DocumentStore& documents;
  VectorIndex& vectors;
  const pipeline::Embedder& embedder;
};

struct ReembedOptions {
  /// A document whose text the model refuses loses its vectors and is found by its words only.
  bool drop_refused = false;
  /// Hears how many of how many documents are done, after each few.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
  saga::Sleep sleep = {};  ///< As of Saga.
};

/// A document whose text the model refuses.
struct RefusedText {
  std::string document_id;
  std::string reason;
};

/// What reembed() did.
struct Reembedded {
  std::size_t embedded = 0;  ///< Documents whose vectors are of the model now.
  std::size_t dropped = 0;   ///< Documents that have no vectors now: there is no text to embed.
  std::vector<RefusedText> refused;  ///< These kept what they had, or were dropped.
};

/// Makes the vectors that other models made anew, of the text that is stored, until no document is
/// left. Each few documents are written by a saga of the vector index alone, with its locks and
/// fences; one that somebody changes meanwhile keeps what was written then. What is done is no
/// longer looked for, so after an error or a kill the next call goes on.
///
/// No saga of this log may run beside it. kUnavailable: a store or the model is away. kConflict:
/// somebody else goes on writing vectors of another model. [any-thread] [blocking]
Result<Reembedded> reembed(const ReembedPorts& ports, const ReembedOptions& options = {},
                           const Clock& clock = system_clock());

}  // namespace gantry::stores
