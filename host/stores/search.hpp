#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores {

struct SearchQuery {
  std::string text;    ///< Words as a person types them; any bytes are safe.
  std::string source;  ///< Only this source; empty for all.
  std::string kind;    ///< Only this kind; empty for all.
  std::size_t limit = 20;
};

inline constexpr std::size_t kSearchLimitMax = 100;

/// One found document and why.
struct SearchHit {
  std::string document_id;
  std::string source;
  std::string kind;
  std::string title;
  std::string snippet;           ///< Plain text, one line.
  double score = 0;              ///< Reciprocal rank fusion: larger is better.
  std::vector<std::string> why;  ///< "text", "vector": the legs that found it.
};

void to_json(Json& out, const SearchHit& hit);

/// Hybrid search: full text and vectors, merged by reciprocal rank (Cormack, Clarke, Büttcher,
/// SIGIR 2009, k = 60). All references outlive it. [any-thread]
class Search {
 public:
  Search(const DocumentStore& documents, const VectorIndex& vectors,
         const pipeline::Embedder& embedder);

  /// Best first. kInvalid for a limit of 0 or above kSearchLimitMax, or for no words. [blocking]
  Result<std::vector<SearchHit>> find(const SearchQuery& query,
                                      const CallOptions& options = {}) const;

 private:
  const DocumentStore& documents_;
  const VectorIndex& vectors_;
  const pipeline::Embedder& embedder_;
};

}  // namespace gantry::stores
