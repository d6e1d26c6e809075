#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/ledger_entry.hpp"
#include "host/stores/qdrant/rest.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::qdrant {

/// The vectors of one write: where they are and the mark that their points bear.
struct Content {
  std::string collection;
  std::string write;  ///< Empty: there are no vectors.
  std::string model;  ///< That made them.
};

/// A document as its ledger point tells it.
struct Known {
  LedgerEntry entry;
  Content content;
  Content before;        ///< Of entry.before.
  std::string revision;  ///< Another after each change; empty where there is no point yet.
};

/// One document's ledger point, as it was read and as it shall be.
struct Change {
  std::string document_id;
  Known from;
  Known to;
};

/// The match value that all points of a document bear: short, whatever the id is. [any-thread]
std::string document_key(std::string_view document_id);

/// The points that decide what each document is. [any-thread] [blocking]
class LedgerPoints {
 public:
  LedgerPoints(const Rest& rest, const std::string& collection);

  /// One per id, in order; the default where there is none.
  Result<std::vector<Known>> read(std::span<const std::string> document_ids,
                                  const CallOptions& options) const;

  /// Every document that is there, by id.
  Result<std::vector<Listed>> list(const CallOptions& options) const;

  /// Every document whose vectors are in another collection than `collection`, by id.
  Result<std::vector<ModelUse>> outside(const std::string& collection,
                                        const CallOptions& options) const;

  /// Replaces them all in one request; sets to.revision. False: somebody else changed one of them
  /// meanwhile, and none of ours is there. kTimeout: the effect is unknown.
  Result<bool> replace(std::span<Change> changes, const CallOptions& options) const;

 private:
  /// Shows each payload of the ledger, with these fields; `filter` may be null.
  Result<void> scroll(const Json& filter, const std::vector<std::string>& fields,
                      const std::function<void(const Json&)>& show,
                      const CallOptions& options) const;
  Result<void> upsert(std::span<const Change> changes, const CallOptions& options) const;
  Result<void> take_back(std::span<const Change> changes, const CallOptions& options) const;

  const Rest& rest_;
  const std::string path_;
};

}  // namespace gantry::stores::qdrant
