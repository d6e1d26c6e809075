#include "host/stores/postgres/vectors.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "host/base/assert.hpp"

namespace gantry::stores::postgres {
namespace {

constexpr LedgerSql kLedger = GANTRY_POSTGRES_LEDGER_SQL("gantry.vector_documents");

#define CHUNK_COLUMNS                                                                \
  " id text COLLATE \"C\" NOT NULL, chunk integer NOT NULL, model integer NOT NULL," \
  " source text NOT NULL, kind text NOT NULL, embedding vector NOT NULL,"            \
  " PRIMARY KEY(id, chunk)"

constexpr const char* kVersion1[] = {
    "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public",
    "CREATE TABLE gantry.vector_documents(" GANTRY_POSTGRES_LEDGER_COLUMNS ")",
    "CREATE TABLE gantry.vector_models(number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " name text NOT NULL UNIQUE, dimension integer NOT NULL)",
    "CREATE TABLE gantry.vectors(" CHUNK_COLUMNS ")",
    "CREATE TABLE gantry.vector_documents_before(" GANTRY_POSTGRES_BEFORE_COLUMNS ")",
    "CREATE TABLE gantry.vectors_before(" CHUNK_COLUMNS
    ", FOREIGN KEY(id) REFERENCES gantry.vector_documents_before ON DELETE CASCADE)"};
constexpr std::span<const char* const> kVersions[] = {kVersion1};

#define NEW_ROWS                                                                          \
  "unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::boolean[]," \
  " $7::boolean[]) AS r(id, version, fence, operation, hash, deleted, purged)"

constexpr const char* kInsert =
    "INSERT INTO gantry.vector_documents(id, present, version, fence, operation, hash, deleted,"
    " purged, barred) SELECT r.id, true, r.version, r.fence, r.operation, r.hash, r.deleted,"
    " r.purged, '' FROM " NEW_ROWS;
constexpr const char* kUpdate =
    "UPDATE gantry.vector_documents d SET present = true, version = r.version, fence = r.fence,"
    " operation = r.operation, hash = r.hash, deleted = r.deleted, purged = r.purged"
    " FROM " NEW_ROWS " WHERE d.id = r.id";
constexpr const char* kKeep =
    "INSERT INTO gantry.vector_documents_before(id, by_operation, present, version, operation,"
    " hash, deleted) SELECT r.id, r.operation, coalesce(d.present, false),"
    " coalesce(d.version, -9223372036854775808), coalesce(d.operation, ''),"
    " coalesce(d.hash, ''), coalesce(d.deleted, false) FROM unnest($1::text[], $2::text[])"
    " AS r(id, operation) LEFT JOIN gantry.vector_documents d ON d.id = r.id";
constexpr const char* kKeepChunks =
    "INSERT INTO gantry.vectors_before SELECT v.* FROM gantry.vectors v"
    " WHERE v.id = ANY($1::text[]) AND $2::text[] IS NOT NULL";
constexpr const char* kDropChunks = "DELETE FROM gantry.vectors WHERE id = ANY($1::text[])";
constexpr const char* kInsertChunks =
    "INSERT INTO gantry.vectors(id, chunk, model, source, kind, embedding)"
    " SELECT r.id, r.chunk::integer, r.model::integer, r.source, r.kind, r.embedding::vector"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])"
    " AS r(id, chunk, model, source, kind, embedding)";
constexpr const char* kRestore =
    "UPDATE gantry.vector_documents d SET present = b.present, version = b.version,"
    " operation = b.operation, hash = b.hash, deleted = b.deleted, barred = r.operation"
    " FROM gantry.vector_documents_before b JOIN unnest($1::text[], $2::text[])"
    " AS r(id, operation) ON b.id = r.id WHERE d.id = b.id";
constexpr const char* kForgetChunks =
    "DELETE FROM gantry.vectors v USING unnest($1::text[], $2::text[]) AS r(id, operation)"
    " WHERE v.id = r.id";
constexpr const char* kRestoreChunks =
    "INSERT INTO gantry.vectors SELECT b.* FROM gantry.vectors_before b"
    " JOIN unnest($1::text[], $2::text[]) AS r(id, operation) ON b.id = r.id";
constexpr const char* kForget =
    "DELETE FROM gantry.vector_documents_before b USING unnest($1::text[], $2::text[])"
    " AS r(id, operation) WHERE b.id = r.id";

/// pgvector's limits for an HNSW index: 2,000 for vector, 4,000 for halfvec.
constexpr std::size_t kVectorIndexed = 2'000, kHalfIndexed = 4'000, kDimensionMax = 16'000;

/// The rows of one model as its index holds them. Made of numbers of ours alone.
std::string indexed(std::size_t dimension) {
  const char* type = dimension <= kVectorIndexed ? "vector" : "halfvec";
  return dimension <= kHalfIndexed
             ? "(embedding::" + std::string(type) + "(" + std::to_string(dimension) + "))"
             : "embedding";
}

std::string text_of(std::span<const float> vector) {
  std::string out = "[";
  char digits[32];
  for (const float value : vector) {
    if (out.size() > 1) out += ',';
    const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end);
  }
  return out += ']';
}

Error wrong_length(const IngestedDocument& item, std::size_t dimension) {
  return {ErrorKind::kInvalid, "vectors of " + item.document.id + " have length " +
                                   std::to_string(item.embeddings.dimension) + ", the index of " +
                                   item.embeddings.model + " holds length " +
                                   std::to_string(dimension)};
}

Arguments new_rows(std::span<const Admitted> writes, bool known) {
  Array ids = Array::texts(), operations = Array::texts(), hashes = Array::texts();
  Array versions = Array::numbers(), fences = Array::numbers();
  Array deleted = Array::flags(), purged = Array::flags();
  for (const Admitted& one : writes) {
    if (one.known != known) continue;
    const Document& document = one.write->item->document;
    ids.add(document.id);
    versions.add(one.version);
    fences.add(one.write->tag.fence);
    operations.add(one.write->tag.operation);
    hashes.add(one.write->hash);
    deleted.add_flag(document.deleted);
    purged.add_flag(document.purged);
  }
  Arguments out;
  for (Array* array : {&ids, &versions, &fences, &operations, &hashes, &deleted, &purged}) {
    out.array(std::move(*array));
  }
  return out;
}

}  // namespace

const Part kVectorsPart{"vectors", kVersions};

Vectors::Vectors(Pool& pool) : Ledgered(pool, kLedger) { pool.require(kVectorsPart); }

Result<std::optional<Vectors::Model>> Vectors::find_model(const std::string& name,
                                                          const CallOptions& options) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = models_.find(name); known != models_.end()) return known->second;
  }
  auto found = pool_.run(options, [&](Session& session) -> Answer<std::optional<Model>> {
    const Step step{"SELECT number, dimension FROM gantry.vector_models WHERE name = $1::text",
                    Arguments().text(name)};
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    const Rows& rows = answer->front();
    if (rows.size() == 0) return std::optional<Model>();
    return std::optional(Model{rows.number(0, 0), static_cast<std::size_t>(rows.number(0, 1))});
  });
  if (found && *found) {
    const std::lock_guard lock(mutex_);
    models_.emplace(name, **found);
  }
  return found;
}

/// In a transaction of its own, before any write: an index is made under a lock that writers of
/// vectors would meet in a circle.
Result<Vectors::Model> Vectors::make_model(const std::string& name, std::size_t dimension,
                                           const CallOptions& options) {
  auto made = pool_.run(options, [&](Session& session) -> Answer<bool> {
    const Step opening[] = {
        {begin()},
        {"INSERT INTO gantry.vector_models(name, dimension) VALUES($1::text, $2::bigint::integer)"
         " ON CONFLICT (name) DO NOTHING RETURNING number",
         Arguments().text(name).number(static_cast<std::int64_t>(dimension))}};
    auto answer = session.exchange(opening);
    if (!answer) return answer.error();
    std::vector<Step> steps;
    if (answer->back().size() > 0 && dimension <= kHalfIndexed) {
      const std::string number = std::to_string(answer->back().number(0, 0));
      const char* kind = dimension <= kVectorIndexed ? "vector" : "halfvec";
      Step index;
      index.once = "CREATE INDEX vectors_model_" + number + " ON gantry.vectors USING hnsw (" +
                   indexed(dimension) + " " + kind + "_cosine_ops) WHERE model = " + number;
      steps.push_back(std::move(index));
    }
    if (auto done = session.commit(std::move(steps)); !done) return done.error();
    return true;
  });
  if (!made) return made.error();
  auto found = find_model(name, options);
  if (!found) return found.error();
  GANTRY_ASSERT(found->has_value());
  return **found;
}

Result<void> Vectors::check(const IngestedDocument& item, const CallOptions& options) {
  if (item.document.id.empty()) return Error{ErrorKind::kInvalid, "a document needs an id"};
  const pipeline::Embeddings& embeddings = item.embeddings;
  if (embeddings.vectors.empty()) return {};
  for (const pipeline::Vector& vector : embeddings.vectors) {
    if (vector.size() != embeddings.dimension || vector.empty() || vector.size() > kDimensionMax) {
      return wrong_length(item, vector.size());
    }
    if (!std::ranges::all_of(vector, [](float value) { return std::isfinite(value); })) {
      return Error{ErrorKind::kInvalid,
                   "vectors of " + item.document.id + " have values that are no numbers"};
    }
  }
  auto found = find_model(embeddings.model, options);
  if (!found) return found.error();
  if (!*found) {
    auto made = make_model(embeddings.model, embeddings.dimension, options);
    if (!made) return made.error();
    *found = *made;
  }
  if ((*found)->dimension != embeddings.dimension) return wrong_length(item, (*found)->dimension);
  return {};
}

void Vectors::write(std::vector<Step>& steps, std::span<const Admitted> writes) const {
  const auto known = [](const Admitted& one) { return one.known; };
  const bool any_known = std::ranges::any_of(writes, known);
  if (std::ranges::any_of(writes, &Admitted::undoable)) {
    const Arguments refs = kept_refs(writes);
    steps.push_back({kKeep, refs});
    if (any_known) steps.push_back({kKeepChunks, refs});
  }
  if (!std::ranges::all_of(writes, known)) steps.push_back({kInsert, new_rows(writes, false)});
  if (any_known) {
    steps.push_back({kUpdate, new_rows(writes, true)});
    steps.push_back({kDropChunks, Arguments().array(ids_of(writes))});
  }
  Array ids = Array::texts(), sources = Array::texts(), kinds = Array::texts(),
        vectors = Array::texts();
  Array chunks = Array::numbers(), models = Array::numbers();
  bool any = false;
  const std::lock_guard lock(mutex_);
  for (const Admitted& one : writes) {
    const IngestedDocument& item = *one.write->item;
    if (item.document.deleted || item.document.purged) continue;
    std::int64_t chunk = 0;
    for (const pipeline::Vector& vector : item.embeddings.vectors) {
      ids.add(item.document.id);
      chunks.add(chunk++);
      models.add(models_.at(item.embeddings.model).number);  // check() has seen it
      sources.add(item.document.source);
      kinds.add(item.document.kind);
      vectors.add_raw(text_of(vector));
      any = true;
    }
  }
  if (!any) return;
  Arguments rows;
  for (Array* array : {&ids, &chunks, &models, &sources, &kinds, &vectors}) {
    rows.array(std::move(*array));
  }
  steps.push_back({kInsertChunks, std::move(rows)});
}

void Vectors::restore(std::vector<Step>& steps, const Arguments& refs) const {
  for (const char* sql : {kRestore, kForgetChunks, kRestoreChunks, kForget}) {
    steps.push_back({sql, refs});
  }
}

Result<std::vector<VectorHit>> Vectors::nearest(const VectorQuery& query,
                                                const CallOptions& options) const {
  auto model = find_model(query.model, options);
  if (!model) return model.error();
  if (!*model || query.limit == 0) return std::vector<VectorHit>{};
  const std::size_t dimension = (*model)->dimension;
  if (query.vector.size() != dimension) {
    return Error{ErrorKind::kInvalid, "a query of length " + std::to_string(query.vector.size()) +
                                          " for an index of length " + std::to_string(dimension)};
  }
  const std::string column = indexed(dimension);
  const std::string type =
      dimension > kVectorIndexed && dimension <= kHalfIndexed ? "halfvec" : "vector";
  const std::string size = "(" + std::to_string(dimension) + ")";
  Step search;
  // The planner takes a model's index only where the model is written out.
  search.once =
      "SELECT id, chunk, 1 - (embedding <=> $1::text::vector) FROM gantry.vectors"
      " WHERE model = " +
      std::to_string((*model)->number) +
      " AND ($2::text = '' OR source = $2::text) AND ($3::text = '' OR kind = $3::text)"
      " ORDER BY " +
      column + " <=> $1::text::" + type + size + " LIMIT $4::bigint";
  const std::string wanted = text_of(query.vector);
  // Several chunks of one document may come before the next document's.
  for (std::size_t rows_max = query.limit * 2 + 8;; rows_max *= 4) {
    search.arguments = std::move(Arguments()
                                     .raw(wanted)
                                     .text(query.source)
                                     .text(query.kind)
                                     .number(static_cast<std::int64_t>(rows_max)));
    const std::size_t breadth = std::clamp<std::size_t>(rows_max, 40, 1000);
    const std::vector<Step> steps{
        {begin()},
        // A filter thins out what the index gives: it is asked on until enough have come.
        {"SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
         " set_config('hnsw.ef_search', $1::text, true)",
         Arguments().raw(std::to_string(breadth))},
        search,
        {"COMMIT"}};
    bool all = false;
    auto hits = pool_.run(options, [&](Session& session) -> Answer<std::vector<VectorHit>> {
      auto answer = session.exchange(steps);
      if (!answer) return answer.error();
      const Rows& rows = (*answer)[2];
      all = static_cast<std::size_t>(rows.size()) < rows_max;
      std::vector<VectorHit> out;
      std::unordered_set<std::string> seen;
      for (int row = 0; row < rows.size(); ++row) {
        std::string id = rows.text(row, 0);
        if (!seen.insert(id).second) continue;
        const double score = rows.real(row, 2);  // no number where a vector is all zeros
        out.push_back({std::move(id), std::isnan(score) ? 0 : score,
                       static_cast<std::size_t>(rows.number(row, 1))});
      }
      return out;
    });
    if (!hits) return hits.error();
    if (!all && hits->size() < query.limit) continue;
    std::ranges::sort(*hits, [](const VectorHit& a, const VectorHit& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.document_id < b.document_id;
    });
    if (hits->size() > query.limit) hits->resize(query.limit);
    return hits;
  }
}

Result<std::size_t> Vectors::count(const CallOptions& options) const {
  return pool_.run(options, [](Session& session) -> Answer<std::size_t> {
    const Step step{"SELECT count(*) FROM gantry.vectors"};
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    return static_cast<std::size_t>(answer->front().number(0, 0));
  });
}

Result<std::vector<ModelUse>> Vectors::of_other_models(std::string_view model,
                                                       std::string_view after, std::size_t limit,
                                                       const CallOptions& options) const {
  return pool_.run(options, [&](Session& session) -> Answer<std::vector<ModelUse>> {
    // Most indexes never knew another: the second condition is asked once, and no row is looked at.
    Step step{
        "SELECT v.id, m.name FROM gantry.vectors v"
        " JOIN gantry.vector_models m ON m.number = v.model WHERE m.name <> $1::text"
        " AND EXISTS (SELECT FROM gantry.vector_models WHERE name <> $1::text)"
        " AND v.chunk = 0 AND v.id > $2::text ORDER BY v.id LIMIT $3::bigint"};
    step.arguments.text(model).text(after).number(static_cast<std::int64_t>(limit));
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    const Rows& rows = answer->front();
    std::vector<ModelUse> out;
    for (int row = 0; row < rows.size(); ++row)
      out.push_back({rows.text(row, 0), rows.text(row, 1)});
    return out;
  });
}

}  // namespace gantry::stores::postgres
