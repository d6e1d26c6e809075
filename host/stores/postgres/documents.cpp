#include "host/stores/postgres/documents.hpp"

#include <nlohmann/json.hpp>

#include "host/stores/postgres/words.hpp"

namespace gantry::stores::postgres {
namespace {

constexpr LedgerSql kLedger = GANTRY_POSTGRES_LEDGER_SQL("gantry.documents");

// words is NULL where it is the same as text; search is NULL where the document is not to be found.
// Times are nanoseconds since 1970, which timestamptz does not hold.
#define CONTENT_COLUMNS                                                            \
  ", source text NOT NULL DEFAULT '', kind text NOT NULL DEFAULT '',"              \
  " title text NOT NULL DEFAULT '', text text NOT NULL DEFAULT '', words text,"    \
  " content_type text NOT NULL DEFAULT '', occurred_at bigint NOT NULL DEFAULT 0," \
  " received_at bigint NOT NULL DEFAULT 0, participants text NOT NULL DEFAULT ''," \
  " metadata text NOT NULL DEFAULT '{}', raw bytea NOT NULL DEFAULT '', search tsvector"
#define CONTENT                                                                             \
  "source, kind, title, text, words, content_type, occurred_at, received_at, participants," \
  " metadata, raw, search"
#define CONTENT_OF(row)                                                                     \
  row ".source, " row ".kind, " row ".title, " row ".text, " row ".words, " row             \
      ".content_type, " row ".occurred_at, " row ".received_at, " row ".participants, " row \
      ".metadata, " row ".raw, " row ".search"

constexpr const char* kVersion1[] = {
    "CREATE TABLE gantry.documents(" GANTRY_POSTGRES_LEDGER_COLUMNS CONTENT_COLUMNS ")",
    "CREATE INDEX documents_search ON gantry.documents USING gin (search)",
    "CREATE TABLE gantry.documents_before(" GANTRY_POSTGRES_BEFORE_COLUMNS CONTENT_COLUMNS ")"};
constexpr std::span<const char* const> kVersions[] = {kVersion1};

#define NEW_ROWS                                                                              \
  "unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::boolean[],"     \
  " $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],"            \
  " $13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::bytea[],"       \
  " $19::text[]) AS r(id, version, fence, operation, hash, deleted, purged, source, kind,"    \
  " title, text, words, content_type, occurred_at, received_at, participants, metadata, raw," \
  " search)"
#define NEW_CONTENT                                                                           \
  "r.source, r.kind, r.title, r.text, r.words, r.content_type, r.occurred_at, r.received_at," \
  " r.participants, r.metadata, r.raw, r.search::tsvector"

constexpr const char* kInsert =
    "INSERT INTO gantry.documents(id, present, version, fence, operation, hash, deleted, purged,"
    " barred, " CONTENT
    ") SELECT r.id, true, r.version, r.fence, r.operation, r.hash, r.deleted,"
    " r.purged, '', " NEW_CONTENT " FROM " NEW_ROWS;
constexpr const char* kUpdate =
    "UPDATE gantry.documents d SET present = true, version = r.version, fence = r.fence,"
    " operation = r.operation, hash = r.hash, deleted = r.deleted, purged = r.purged,"
    " (" CONTENT ") = ROW(" NEW_CONTENT ") FROM " NEW_ROWS " WHERE d.id = r.id";
constexpr const char* kKeep =
    "INSERT INTO gantry.documents_before(id, by_operation, present, version, operation, hash,"
    " deleted, " CONTENT ") SELECT d.id, r.operation, d.present, d.version, d.operation, d.hash,"
    " d.deleted, " CONTENT_OF("d") " FROM gantry.documents d JOIN"
    " unnest($1::text[], $2::text[]) AS r(id, operation) ON d.id = r.id";
constexpr const char* kKeepNothing =
    "INSERT INTO gantry.documents_before(id, by_operation, present, version, operation, hash,"
    " deleted) SELECT r.id, r.operation, false, -9223372036854775808, '', '', false"
    " FROM unnest($1::text[], $2::text[]) AS r(id, operation)";
constexpr const char* kRestore =
    "UPDATE gantry.documents d SET present = b.present, version = b.version,"
    " operation = b.operation, hash = b.hash, deleted = b.deleted, barred = r.operation,"
    " (" CONTENT ") = ROW(" CONTENT_OF("b") ") FROM gantry.documents_before b JOIN"
    " unnest($1::text[], $2::text[]) AS r(id, operation) ON b.id = r.id WHERE d.id = b.id";
constexpr const char* kForget =
    "DELETE FROM gantry.documents_before b USING unnest($1::text[], $2::text[])"
    " AS r(id, operation) WHERE b.id = r.id";

std::string participants_text(const Document& document) {
  return document.participants.empty() ? std::string() : dump_json(Json(document.participants));
}

/// The arguments of NEW_ROWS for those that the ledger knows, or does not know.
Arguments new_rows(std::span<const Admitted> writes, bool known) {
  Array ids = Array::texts(), operations = Array::texts(), hashes = Array::texts(),
        sources = Array::texts(), kinds = Array::texts(), titles = Array::texts(),
        texts = Array::texts(), words = Array::texts(), types = Array::texts(),
        participants = Array::texts(), metadata = Array::texts(), searches = Array::texts();
  Array versions = Array::numbers(), fences = Array::numbers(), occurred = Array::numbers(),
        received = Array::numbers();
  Array deleted = Array::flags(), purged = Array::flags();
  Array raws = Array::blobs();
  for (const Admitted& one : writes) {
    if (one.known != known) continue;
    const IngestedDocument& item = *one.write->item;
    const Document& d = item.document;
    const std::string_view title = d.purged           ? std::string_view()
                                   : !d.title.empty() ? std::string_view(d.title)
                                                      : std::string_view(item.parsed.title);
    ids.add(d.id);
    versions.add(one.version);
    fences.add(one.write->tag.fence);
    operations.add(one.write->tag.operation);
    hashes.add(one.write->hash);
    deleted.add_flag(d.deleted);
    purged.add_flag(d.purged);
    sources.add(d.source);
    kinds.add(d.kind);
    titles.add(title);
    texts.add(d.purged ? std::string_view() : std::string_view(d.text));
    if (d.purged || item.parsed.text == d.text) {
      words.add_null();
    } else {
      words.add(item.parsed.text);
    }
    types.add(d.content_type);
    occurred.add(std::int64_t{d.occurred_at.time_since_epoch().count()});
    received.add(std::int64_t{d.received_at.time_since_epoch().count()});
    participants.add(d.purged ? std::string() : participants_text(d));
    metadata.add(d.purged ? std::string_view("{}") : std::string_view(d.metadata));
    raws.add(d.purged ? std::string_view() : std::string_view(d.raw));
    if (d.deleted || d.purged) {
      searches.add_null();
    } else {
      searches.add_raw(search_vector(title, item.parsed.text));
    }
  }
  Arguments out;
  for (Array* array : {&ids, &versions, &fences, &operations, &hashes, &deleted, &purged, &sources,
                       &kinds, &titles, &texts, &words, &types, &occurred, &received, &participants,
                       &metadata, &raws, &searches}) {
    out.array(std::move(*array));
  }
  return out;
}

}  // namespace

const Part kDocumentsPart{"documents", kVersions};

Documents::Documents(Pool& pool) : Ledgered(pool, kLedger) { pool.require(kDocumentsPart); }

Result<void> Documents::check(const IngestedDocument& item, const CallOptions&) {
  if (item.document.id.empty()) return Error{ErrorKind::kInvalid, "a document needs an id"};
  return {};
}

void Documents::write(std::vector<Step>& steps, std::span<const Admitted> writes) const {
  const auto undoable = [&](bool known) {
    std::vector<Admitted> out;
    for (const Admitted& one : writes) {
      if (one.undoable && one.known == known) out.push_back(one);
    }
    return out;
  };
  if (const auto some = undoable(true); !some.empty()) steps.push_back({kKeep, kept_refs(some)});
  if (const auto some = undoable(false); !some.empty()) {
    steps.push_back({kKeepNothing, kept_refs(some)});
  }
  const auto known = [](const Admitted& one) { return one.known; };
  if (!std::ranges::all_of(writes, known)) steps.push_back({kInsert, new_rows(writes, false)});
  if (std::ranges::any_of(writes, known)) steps.push_back({kUpdate, new_rows(writes, true)});
}

void Documents::restore(std::vector<Step>& steps, const Arguments& refs) const {
  steps.push_back({kRestore, refs});
  steps.push_back({kForget, refs});
}

Result<std::optional<StoredDocument>> Documents::get(std::string_view document_id,
                                                     const CallOptions& options) const {
  return pool_.run(options, [&](Session& session) -> Answer<std::optional<StoredDocument>> {
    const Step step{
        "SELECT source, kind, title, text, content_type, occurred_at, received_at, participants,"
        " metadata, raw, version, deleted, purged, coalesce(words, text) FROM gantry.documents"
        " WHERE id = $1::text AND present",
        Arguments().text(document_id)};
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    const Rows& rows = answer->front();
    if (rows.size() == 0) return std::optional<StoredDocument>();
    StoredDocument out;
    Document& d = out.document;
    d.id = document_id;
    d.source = rows.text(0, 0);
    d.kind = rows.text(0, 1);
    d.title = rows.text(0, 2);
    d.text = rows.text(0, 3);
    d.content_type = rows.text(0, 4);
    d.occurred_at = Instant(std::chrono::nanoseconds(rows.number(0, 5)));
    d.received_at = Instant(std::chrono::nanoseconds(rows.number(0, 6)));
    if (const auto list = parse_json(rows.text(0, 7))) d.participants = *list;
    d.metadata = rows.text(0, 8);
    d.raw = rows.bytes(0, 9);
    d.version = rows.number(0, 10);
    d.deleted = rows.flag(0, 11);
    d.purged = rows.flag(0, 12);
    out.words = rows.text(0, 13);
    return std::optional(std::move(out));
  });
}

Result<std::vector<TextHit>> Documents::find(const TextQuery& text_query,
                                             const CallOptions& options) const {
  const WordQuery query(text_query.words);
  if (query.empty()) return std::vector<TextHit>{};
  Array terms = Array::texts();
  for (const auto& term : query.terms) terms.add_raw(WordQuery::tsquery(term));
  // Planned for its words each time: a plan for any words would read the whole table.
  Step step;
  step.once =
      "WITH seen AS MATERIALIZED (SELECT t.q::tsquery AS q, f.n FROM unnest($1::text[]) AS t(q),"
      "  LATERAL (SELECT count(*)::float8 AS n FROM (SELECT FROM gantry.documents d"
      "   WHERE d.search @@ t.q::tsquery LIMIT 20000) AS few) AS f),"
      " weighed AS MATERIALIZED (SELECT q, ln(1 + (a.n - seen.n + 0.5) / (seen.n + 0.5)) AS weight"
      "  FROM seen, (SELECT greatest((SELECT reltuples::float8 FROM pg_class"
      "   WHERE oid = 'gantry.documents'::regclass), (SELECT 2 * max(n) + 1 FROM seen)) AS n) AS "
      "a),"
      " ranked AS (SELECT d.id, (SELECT sum(w.weight * ts_rank('{0.25, 0.25, 0.25, 1}', d.search,"
      "  w.q, 1)) FROM weighed w)::float8 AS score FROM gantry.documents d"
      "  WHERE d.search @@ $2::text::tsquery AND ($3::text = '' OR d.source = $3::text)"
      "  AND ($4::text = '' OR d.kind = $4::text) ORDER BY score DESC, d.id LIMIT $5::bigint)"
      " SELECT d.id, ranked.score, d.title, left(coalesce(d.words, d.text), 200000)"
      " FROM ranked JOIN gantry.documents d ON d.id = ranked.id ORDER BY ranked.score DESC, d.id";
  step.arguments.array(std::move(terms))
      .raw(query.any())
      .text(text_query.source)
      .text(text_query.kind)
      .number(static_cast<std::int64_t>(text_query.limit));
  return pool_.run(options, [&](Session& session) -> Answer<std::vector<TextHit>> {
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    const Rows& rows = answer->front();
    std::vector<TextHit> out;
    for (int row = 0; row < rows.size(); ++row) {
      std::string words = snippet(rows.text(row, 3), query);
      if (words.empty()) words = snippet(rows.text(row, 2), query);
      out.push_back({rows.text(row, 0), rows.real(row, 1), std::move(words)});
    }
    return out;
  });
}

Result<std::size_t> Documents::count(const CallOptions& options) const {
  return pool_.run(options, [](Session& session) -> Answer<std::size_t> {
    const Step step{
        "SELECT count(*) FROM gantry.documents WHERE present AND NOT deleted AND NOT purged"};
    auto answer = session.exchange({&step, 1});
    if (!answer) return answer.error();
    return static_cast<std::size_t>(answer->front().number(0, 0));
  });
}

}  // namespace gantry::stores::postgres
