#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/knowledge_graph.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores {

struct SearchQuery {
  std::string text;    ///< Words as a person types them; any bytes are safe.
  std::string source;  ///< Only this source; empty for all.
  std::string kind;    ///< Only this kind; empty for all.
  std::size_t limit = 20;
  std::optional<Instant> from = {};  ///< Occurred then or later.
  std::optional<Instant> to = {};    ///< Occurred before then.
  std::optional<Node> entity = {};   ///< Only documents that name it.
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
  std::vector<std::string> why;  ///< "text", "vector", "graph:load 4711": what found it.
};

void to_json(Json& out, const SearchHit& hit);

/// Hybrid search: full text, vectors and the graph, merged by reciprocal rank (Cormack, Clarke,
/// Büttcher, SIGIR 2009, k = 60). The graph's leg holds the documents that name a thing (a load, a
/// PRO, a container, …) which the query is filtered by, or names, or which one of the three best
/// documents of the other legs names: so a load's invoice is found by the words of its complaint.
/// All references outlive it.
/// [any-thread]
class Search {
 public:
  /// Without a graph and an extractor there are two legs, and no filter by entity.
  Search(const DocumentStore& documents, const VectorIndex& vectors,
         const pipeline::Embedder& embedder, const KnowledgeGraph* graph = nullptr,
         const pipeline::EntityExtractor* extractor = nullptr);

  /// Best first. kInvalid for a limit of 0 or above kSearchLimitMax, or for no words. With a filter
  /// by time or entity the first 600 of each leg are looked at. [blocking]
  Result<std::vector<SearchHit>> find(const SearchQuery& query,
                                      const CallOptions& options = {}) const;

 private:
  struct Candidate;
  using Candidates = std::map<std::string, Candidate>;

  Result<std::vector<SearchHit>> find_within(const SearchQuery& query, std::size_t depth,
                                             const CallOptions& options, bool& exhausted) const;
  Result<void> add_graph_leg(const SearchQuery& query, Candidates& candidates,
                             const CallOptions& options) const;
  /// The same thing, spelled as the graph has it: "ld-4711" is "LD-4711".
  Node as_documents_name_it(const Node& node) const;
  /// What the query is filtered by, or else names.
  Result<std::vector<Node>> named(const SearchQuery& query) const;
  /// What its best finds name.
  Result<std::vector<Node>> named_by_best(const Candidates& candidates,
                                          const CallOptions& options) const;

  const DocumentStore& documents_;
  const VectorIndex& vectors_;
  const pipeline::Embedder& embedder_;
  const KnowledgeGraph* graph_;
  const pipeline::EntityExtractor* extractor_;
};

}  // namespace gantry::stores
