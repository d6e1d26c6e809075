#pragma once

#include <map>
#include <mutex>

#include "host/stores/postgres/ledgered.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::postgres {

/// The tables of the vector index; the server needs the extension pgvector, 0.8 or newer.
extern const Part kVectorsPart;

/// Vectors in PostgreSQL by pgvector, one row per chunk. Each model has its own HNSW index (cosine;
/// half precision above 2,000 dimensions, none above 4,000), made with its first vector. A search
/// is as good as that index: nearly always the nearest, scores always exact.
class Vectors final : public Ledgered<VectorIndex> {
 public:
  /// `pool` outlives it.
  explicit Vectors(Pool& pool);
  std::string_view name() const override { return "vectors/postgres"; }
  Result<std::vector<VectorHit>> nearest(const VectorQuery& query,
                                         const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;
  Result<std::vector<ModelUse>> of_other_models(std::string_view model, std::string_view after,
                                                std::size_t limit,
                                                const CallOptions& options) const override;

 private:
  struct Model {
    std::int64_t number = 0;
    std::size_t dimension = 0;
  };

  Result<void> check(const IngestedDocument& item, const CallOptions& options) override;
  void write(std::vector<Step>& steps, std::span<const Admitted> writes) const override;
  void restore(std::vector<Step>& steps, const Arguments& refs) const override;
  Result<std::optional<Model>> find_model(const std::string& name,
                                          const CallOptions& options) const;
  Result<Model> make_model(const std::string& name, std::size_t dimension,
                           const CallOptions& options);

  mutable std::mutex mutex_;                                  // guards models_
  mutable std::map<std::string, Model, std::less<>> models_;  // a model, once there, stays
};

}  // namespace gantry::stores::postgres
