#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// A document about which stores do not say the same.
struct Disagreement {
  std::string document_id;
  std::string kind;    ///< "document_missing": not in every store; "document_differs".
  std::string detail;  ///< "documents/postgres v7, vectors/qdrant v6 deleted, graph/neo4j none"

  bool operator==(const Disagreement&) const = default;
};

/// What comparing stores gave.
struct Comparison {
  std::size_t documents = 0;                ///< Seen, in whatever store.
  std::vector<Disagreement> disagreements;  ///< By id; of the first kDisagreementsMax.
  bool truncated = false;                   ///< There are more.
};

inline constexpr std::size_t kDisagreementsMax = 1'000;

/// Told of how many documents were seen so far; false ends the comparison.
using Compared = std::function<bool(std::size_t documents)>;

/// Reads through all stores side by side, in pages, and compares version, tombstone and purge of
/// every document. A write that is under way looks like a disagreement: see still_disagree().
/// Errors are the store's; kCancelled where `compared` said so. [any-thread] [blocking]
Result<Comparison> compare(std::span<Store* const> stores, const Compared& compared = {},
                           std::size_t page = 500);

/// Looks again at documents that disagreed; those that still do, as they are now.
/// [any-thread] [blocking]
Result<std::vector<Disagreement>> still_disagree(std::span<Store* const> stores,
                                                 const std::vector<Disagreement>& seen);

}  // namespace gantry::stores
