#pragma once

#include "host/stores/embedded/ledgered.hpp"
#include "host/stores/knowledge_graph.hpp"

namespace gantry::stores::embedded {

/// Entities as nodes and mentions as edges, in the embedded file. A node without mentions goes.
class Graph final : public Ledgered<KnowledgeGraph> {
 public:
  explicit Graph(File& file);
  std::string_view name() const override { return "graph/embedded"; }
  Result<std::vector<Mention>> mentions(std::string_view document_id,
                                        const CallOptions& options) const override;
  Result<std::vector<std::string>> documents(const Node& node, std::size_t limit,
                                             const CallOptions& options) const override;
  Result<std::vector<Neighbour>> neighbours(std::string_view document_id, std::size_t limit,
                                            const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;

 private:
  void check(Connection& db, const IngestedDocument& item) override;
  void store(Connection& db, const Admission& admission, const IngestedDocument& item) override;
  void keep_before(Connection& db, std::int64_t n) override;
  void drop_before(Connection& db, std::int64_t n) override;
  void restore(Connection& db, std::int64_t n, bool to_content) override;
};

}  // namespace gantry::stores::embedded
