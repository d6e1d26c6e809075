#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// An entity as a node: (kind, value) is one node over all documents.
struct Node {
  std::string kind;
  std::string value;

  bool operator==(const Node&) const = default;
};

/// A node in one document: how often it is named and the surest of its finds.
struct Mention {
  Node node;
  std::size_t count = 0;
  double confidence = 0;
};

/// A document that names some of the same entities.
struct Neighbour {
  std::string document_id;
  std::size_t shared = 0;  ///< Nodes in common.
};

/// Which documents name which entities. All calls are [any-thread] [blocking].
class KnowledgeGraph : public Store {
 public:
  /// By kind and value; empty where the document is unknown or a tombstone.
  virtual Result<std::vector<Mention>> mentions(std::string_view document_id,
                                                const CallOptions& options) const = 0;

  /// Documents that name `node`, by id.
  virtual Result<std::vector<std::string>> documents(const Node& node, std::size_t limit,
                                                     const CallOptions& options) const = 0;

  /// Documents that share nodes with this one, most in common first.
  virtual Result<std::vector<Neighbour>> neighbours(std::string_view document_id, std::size_t limit,
                                                    const CallOptions& options) const = 0;

  /// Nodes that at least one document names.
  virtual Result<std::size_t> count(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
