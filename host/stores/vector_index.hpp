#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/store.hpp"

namespace gantry::stores {

struct VectorQuery {
  std::string model;  ///< Only vectors of this model are compared.
  pipeline::Vector vector;
  std::string source;  ///< Only this source; empty for all.
  std::string kind;    ///< Only this kind; empty for all.
  std::size_t limit = 20;
};

/// A document by its nearest chunk.
struct VectorHit {
  std::string document_id;
  double score = 0;       ///< Cosine similarity, -1…1; exact to 0.01.
  std::size_t chunk = 0;  ///< Which of the document's chunks is nearest.
};

/// A document and the model that made its vectors.
struct ModelUse {
  std::string document_id;
  std::string model;

  bool operator==(const ModelUse&) const = default;
};

/// Vectors of documents' chunks. A write whose vectors are not of the length they claim, or not
/// of the length that the index holds for that model, is kInvalid. [any-thread] [blocking]
class VectorIndex : public Store {
 public:
  /// Nearest documents, best first, each once. An empty index finds nothing.
  virtual Result<std::vector<VectorHit>> nearest(const VectorQuery& query,
                                                 const CallOptions& options) const = 0;

  /// Stored vectors over all models.
  virtual Result<std::size_t> count(const CallOptions& options) const = 0;

  /// Documents whose vectors another model than `model` made, with ids above `after` in the order
  /// of their bytes; all from the first for an empty one. Fewer than `limit` are the last. A
  /// document without vectors is of no model.
  virtual Result<std::vector<ModelUse>> of_other_models(std::string_view model,
                                                        std::string_view after, std::size_t limit,
                                                        const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
