#pragma once

#include "host/stores/document_store.hpp"
#include "host/stores/postgres/ledgered.hpp"

namespace gantry::stores::postgres {

/// The tables of the document store.
extern const Part kDocumentsPart;

/// Documents in PostgreSQL, ledger and content in one row; words in a tsvector with a GIN index.
///
/// A search takes every document with any of the words and ranks it by what BM25 is made of: rare
/// words weigh more, repeated ones less and less, long texts less. Words beyond the 60,000th are
/// kept and not found.
class Documents final : public Ledgered<DocumentStore> {
 public:
  /// `pool` outlives it.
  explicit Documents(Pool& pool);
  std::string_view name() const override { return "documents/postgres"; }
  Result<std::optional<StoredDocument>> get(std::string_view document_id,
                                            const CallOptions& options) const override;
  Result<std::vector<TextHit>> find(const TextQuery& query,
                                    const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;

 private:
  Result<void> check(const IngestedDocument& item, const CallOptions& options) override;
  void write(std::vector<Step>& steps, std::span<const Admitted> writes) const override;
  void restore(std::vector<Step>& steps, const Arguments& refs) const override;
};

}  // namespace gantry::stores::postgres
