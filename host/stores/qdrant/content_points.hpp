#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/qdrant/ledger_points.hpp"

namespace gantry::stores::qdrant {

/// The mark of a write's points. The same write of the same operation has the same mark, and so the
/// same point ids, wherever and however often it is sent. [any-thread]
std::string mark_of(const Write& write);

/// Vectors as points. They are found only while a ledger point names their mark, so nothing here
/// is a commit, and everything may be repeated. [any-thread] [blocking]
class ContentPoints {
 public:
  explicit ContentPoints(const Rest& rest) : rest_(rest) {}

  /// Makes points of the vectors of `write`, live, in the collections that `contents` says.
  Result<void> send(std::span<const Write> writes, std::span<const Content> contents,
                    const CallOptions& options) const;

  /// Lets searches see the points of these writes, or not.
  Result<void> show(std::span<const Content> contents, bool live, const CallOptions& options) const;

  /// Removes the points that match one of `conditions` from `collections`.
  Result<void> erase(std::span<const std::string> collections, const std::vector<Json>& conditions,
                     const CallOptions& options) const;

 private:
  const Rest& rest_;
};

/// Conditions for erase(). [any-thread]

/// All points of a document.
Json all_of(std::string_view document_id);
/// Those of this write.
Json those_of(const Content& content);
/// Those of this operation that `now` does not name.
Json leftovers_of(std::string_view document_id, const Known& now, std::string_view operation);
/// Those that `now` does not name and whose writer can never commit: its fence is smaller.
Json leftovers_below(std::string_view document_id, const Known& now);

}  // namespace gantry::stores::qdrant
