#pragma once

#include <map>
#include <shared_mutex>

#include "host/stores/embedded/ledgered.hpp"
#include "host/stores/embedded/matrix.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::embedded {

/// Vectors in the embedded file, searched by brute force in memory. The matrix is loaded by the
/// first search and reads what changed before each next one, so it also sees other processes'
/// writes and never one that was rolled back.
class Vectors final : public Ledgered<VectorIndex> {
 public:
  explicit Vectors(File& file);
  std::string_view name() const override { return "vectors/embedded"; }
  Result<std::vector<VectorHit>> nearest(const VectorQuery& query,
                                         const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;
  Result<std::vector<ModelUse>> of_other_models(std::string_view model, std::string_view after,
                                                std::size_t limit,
                                                const CallOptions& options) const override;

 private:
  void check(Connection& db, const IngestedDocument& item) override;
  void store(Connection& db, const Admission& admission, const IngestedDocument& item) override;
  void keep_before(Connection& db, std::int64_t n) override;
  void drop_before(Connection& db, std::int64_t n) override;
  void restore(Connection& db, std::int64_t n, bool to_content) override;
  Result<void> refresh(const CallOptions& options) const;

  mutable std::shared_mutex mutex_;  // guards the two below
  mutable std::map<std::string, Matrix, std::less<>> matrices_;
  mutable std::int64_t seen_ = 0;  // the last change that the matrices hold
};

}  // namespace gantry::stores::embedded
