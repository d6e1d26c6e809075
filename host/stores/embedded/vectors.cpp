#include "host/stores/embedded/vectors.hpp"

#include <mutex>

namespace gantry::stores::embedded {
namespace {

constexpr LedgerSql kLedger = GANTRY_LEDGER_SQL("vectors_ledger");

// One past the largest, by the index: rolled back with everything else, unlike a counter in memory.
#define NEXT_CHANGE "(SELECT coalesce(max(change), 0) + 1 FROM vectors)"

SqlFailure wrong_length(const IngestedDocument& item, std::size_t dimension) {
  return {{ErrorKind::kInvalid, "vectors of " + item.document.id + " have length " +
                                    std::to_string(item.embeddings.dimension) + ", the index of " +
                                    item.embeddings.model + " holds length " +
                                    std::to_string(dimension)}};
}

}  // namespace

Vectors::Vectors(File& file) : Ledgered(file, kLedger) {}

void Vectors::check(Connection& db, const IngestedDocument& item) {
  const pipeline::Embeddings& embeddings = item.embeddings;
  if (embeddings.vectors.empty()) return;
  for (const pipeline::Vector& vector : embeddings.vectors) {
    if (vector.size() != embeddings.dimension || vector.empty()) {
      throw wrong_length(item, vector.size());
    }
  }
  Query known(db, "SELECT dimension FROM vector_models WHERE model = ?");
  known << embeddings.model;
  const auto wanted = static_cast<std::int64_t>(embeddings.dimension);
  if (!known.row()) {
    (Query(db, "INSERT INTO vector_models VALUES(?, ?)") << embeddings.model << wanted).done();
  } else if (known.integer(0) != wanted) {
    throw wrong_length(item, static_cast<std::size_t>(known.integer(0)));
  }
}

void Vectors::store(Connection& db, const Admission& admission, const IngestedDocument& item) {
  const bool gone = item.document.deleted || item.document.purged;
  const pipeline::Embeddings& embeddings = item.embeddings;
  const std::string data = gone ? std::string() : pack(embeddings);
  Query query(db,
              "INSERT OR REPLACE INTO vectors(n, change, model, dimension, count, source, kind,"
              " data) VALUES(?, " NEXT_CHANGE ", ?, ?, ?, ?, ?, ?)");
  query << admission.n << embeddings.model << static_cast<std::int64_t>(embeddings.dimension)
        << static_cast<std::int64_t>(gone ? 0 : embeddings.vectors.size()) << item.document.source
        << item.document.kind;
  query.blob(data).done();
}

void Vectors::keep_before(Connection& db, std::int64_t n) {
  (Query(db,
         "INSERT OR REPLACE INTO vectors_before SELECT n, model, dimension, count, source, kind,"
         " data FROM vectors WHERE n = ?")
   << n)
      .done();
}

void Vectors::drop_before(Connection& db, std::int64_t n) {
  (Query(db, "DELETE FROM vectors_before WHERE n = ?") << n).done();
}

void Vectors::restore(Connection& db, std::int64_t n, bool to_content) {
  if (to_content) {
    (Query(db,
           "INSERT OR REPLACE INTO vectors(n, change, model, dimension, count, source, kind, data)"
           " SELECT n, " NEXT_CHANGE
           ", model, dimension, count, source, kind, data FROM vectors_before WHERE n = ?")
     << n)
        .done();
    drop_before(db, n);
  } else {
    // The row stays, empty, so that its change tells everybody to forget the document.
    (Query(db, "UPDATE vectors SET change = " NEXT_CHANGE ", count = 0, data = x'' WHERE n = ?")
     << n)
        .done();
  }
}

Result<void> Vectors::refresh(const CallOptions& options) const {
  std::int64_t seen = 0;
  {
    const std::shared_lock lock(mutex_);
    seen = seen_;
  }
  auto newest = file_.read(options, [](Connection& db) {
    return db.integer("SELECT coalesce(max(change), 0) FROM vectors");
  });
  if (!newest) return newest.error();
  if (*newest == seen) return {};
  const std::unique_lock lock(mutex_);
  auto done = file_.read(options, [this](Connection& db) {
    Query query(db,
                "SELECT v.change, v.n, v.model, v.dimension, v.count, v.source, v.kind, v.data,"
                " l.id FROM vectors v JOIN vectors_ledger l ON l.n = v.n WHERE v.change > ?"
                " ORDER BY v.change");
    query << seen_;
    while (query.row()) {
      const std::int64_t n = query.integer(1);
      const auto count = static_cast<std::size_t>(query.integer(4));
      for (auto& [model, matrix] : matrices_) matrix.remove(n);
      if (count > 0) {
        const auto dimension = static_cast<std::size_t>(query.integer(3));
        auto& matrix = matrices_.try_emplace(query.text(2), dimension).first->second;
        matrix.replace(n, query.view(8), query.view(5), query.view(6), count, query.view(7));
      }
      seen_ = query.integer(0);
    }
    return true;
  });
  if (!done) return done.error();
  return {};
}

Result<std::vector<VectorHit>> Vectors::nearest(const VectorQuery& query,
                                                const CallOptions& options) const {
  if (auto fresh = refresh(options); !fresh) return fresh.error();
  const std::shared_lock lock(mutex_);
  const auto found = matrices_.find(query.model);
  if (found == matrices_.end()) return std::vector<VectorHit>{};
  if (query.vector.size() != found->second.dimension()) {
    return Error{ErrorKind::kInvalid, "a query of length " + std::to_string(query.vector.size()) +
                                          " for an index of length " +
                                          std::to_string(found->second.dimension())};
  }
  return found->second.nearest(query);
}

Result<std::size_t> Vectors::count(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    return static_cast<std::size_t>(db.integer("SELECT coalesce(sum(count), 0) FROM vectors"));
  });
}

Result<std::vector<ModelUse>> Vectors::of_other_models(std::string_view model,
                                                       std::string_view after, std::size_t limit,
                                                       const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    std::vector<ModelUse> out;
    // Most files never knew another: then no row is looked at.
    Query others(db, "SELECT 1 FROM vector_models WHERE model <> ? LIMIT 1");
    others << model;
    if (!others.row()) return out;
    Query query(db,
                "SELECT l.id, v.model FROM vectors_ledger l CROSS JOIN vectors v ON v.n = l.n"
                " WHERE l.id > ? AND v.count > 0 AND v.model <> ? ORDER BY l.id LIMIT ?");
    query << after << model << static_cast<std::int64_t>(limit);
    while (query.row()) out.push_back({query.text(0), query.text(1)});
    return out;
  });
}

#undef NEXT_CHANGE

}  // namespace gantry::stores::embedded
