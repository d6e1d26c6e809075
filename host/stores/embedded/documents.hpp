#pragma once

#include "host/stores/document_store.hpp"
#include "host/stores/embedded/ledgered.hpp"

namespace gantry::stores::embedded {

/// Documents in the embedded file; words in an FTS5 index beside them.
class Documents final : public Ledgered<DocumentStore> {
 public:
  explicit Documents(File& file);
  std::string_view name() const override { return "documents/embedded"; }
  Result<std::optional<StoredDocument>> get(std::string_view document_id,
                                            const CallOptions& options) const override;
  Result<std::vector<TextHit>> find(const TextQuery& query,
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
