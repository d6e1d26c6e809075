#include "host/stores/postgres/postgres.hpp"

#include <optional>

#include "host/stores/postgres/documents.hpp"
#include "host/stores/postgres/vectors.hpp"

namespace gantry::stores::postgres {

struct PostgresStores::Parts {
  Parts(Target target, const PostgresOptions& options, Ports ports)
      : pool(std::move(target),
             PoolOptions{options.pool_size, options.timeout, options.make_tables}) {
    if (ports != Ports::kVectors) documents.emplace(pool);
    if (ports != Ports::kDocuments) vectors.emplace(pool);
  }

  Pool pool;
  std::optional<Documents> documents;
  std::optional<Vectors> vectors;
};

Result<std::unique_ptr<PostgresStores>> PostgresStores::open(const PostgresOptions& options,
                                                             Ports ports) {
  auto target = read_url(options.url, options.password);
  if (!target) return target.error();
  return std::unique_ptr<PostgresStores>(
      new PostgresStores(std::make_unique<Parts>(std::move(*target), options, ports)));
}

PostgresStores::PostgresStores(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PostgresStores::~PostgresStores() = default;

DocumentStore* PostgresStores::documents() {
  return parts_->documents ? &*parts_->documents : nullptr;
}
VectorIndex* PostgresStores::vectors() { return parts_->vectors ? &*parts_->vectors : nullptr; }

Result<ServerFacts> PostgresStores::facts(const CallOptions& limits) const {
  return parts_->pool.facts(limits);
}

}  // namespace gantry::stores::postgres
