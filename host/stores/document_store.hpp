#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// What a reader asks for. Words are words: no query syntax, so no input is an error.
struct TextQuery {
  std::string words;
  std::string source;  ///< Only this source; empty for all.
  std::string kind;    ///< Only this kind; empty for all.
  std::size_t limit = 20;
};

/// A find by words, best first. `snippet` is plain text with the words between \x02 and \x03.
struct TextHit {
  std::string document_id;
  double score = 0;  ///< Larger is better; comparable within one answer only.
  std::string snippet;
};

/// A stored document as readers see it.
struct StoredDocument {
  Document document;
  std::string words;  ///< The text that is searched.
};

/// Documents by id and by their words. All calls are [any-thread] [blocking].
class DocumentStore : public Store {
 public:
  /// Empty where it was never written; tombstones are returned, with `deleted` set.
  virtual Result<std::optional<StoredDocument>> get(std::string_view document_id,
                                                    const CallOptions& options) const = 0;

  /// Any of the words, best first (BM25).
  /// Tombstones are never found.
  virtual Result<std::vector<TextHit>> find(const TextQuery& query,
                                            const CallOptions& options) const = 0;

  /// Documents that can be found: neither tombstones nor purged.
  virtual Result<std::size_t> count(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
