#include "host/stores/embedded/documents.hpp"

#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"

namespace gantry::stores::embedded {
namespace {

constexpr LedgerSql kLedger = GANTRY_LEDGER_SQL("documents_ledger");
constexpr std::size_t kQueryWordsMax = 32;
constexpr std::size_t kQueryBytesMax = 4096;

/// Every word quoted, so that FTS5's own syntax (NEAR, *, column:) is only words. A hyphenated
/// number becomes a phrase. Empty where nothing is left.
std::string match_expression(std::string_view words) {
  std::string out;
  std::string word;
  std::size_t count = 0;
  const auto flush = [&] {
    if (!word.empty() && count++ < kQueryWordsMax) {
      if (!out.empty()) out += " OR ";
      out.append(1, '"').append(word).append(1, '"');
    }
    word.clear();
  };
  const bool utf8 = is_utf8(words);
  for (const char c : words.substr(0, kQueryBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) {
      flush();
    } else if (c == '"') {
      word += "\"\"";
    } else if (byte < 0x80 || utf8) {
      word += c;
    }
  }
  flush();
  return out;
}

// The title weighs four times the body. The rows of documents are large: they are looked at only
// where a filter asks for it, everything else only for what is among the best.
#define BEST(filter)                                                         \
  "SELECT best.n, l.id, best.score FROM"                                     \
  " (SELECT rowid AS n, bm25(word_index, 4.0, 1.0) AS score FROM word_index" \
  "  WHERE word_index MATCH ?1" filter                                       \
  "  ORDER BY score, n LIMIT ?2) best"                                       \
  " JOIN documents_ledger l ON l.n = best.n ORDER BY best.score, l.id"
constexpr const char* kBest = BEST("");
constexpr const char* kBestWithin = BEST(
    " AND EXISTS(SELECT 1 FROM documents d WHERE d.n = word_index.rowid AND"
    " (?3 = '' OR d.source = ?3) AND (?4 = '' OR d.kind = ?4))");
#undef BEST

std::string participants_text(const std::vector<Participant>& participants) {
  return participants.empty() ? std::string() : dump_json(Json(participants));
}

void unindex(Connection& db, std::int64_t n) {
  // An index over foreign content must be told what it has indexed.
  (Query(
       db,
       "INSERT INTO word_index(word_index, rowid, title, body) SELECT 'delete', n, title, body FROM"
       " searchable WHERE n = ?1 AND (SELECT searchable FROM documents WHERE n = ?1)")
   << n)
      .done();
}

void index(Connection& db, std::int64_t n) {
  (Query(db,
         "INSERT INTO word_index(rowid, title, body) SELECT n, title, body FROM searchable WHERE n "
         "= ?1"
         " AND (SELECT searchable FROM documents WHERE n = ?1)")
   << n)
      .done();
}

}  // namespace

Documents::Documents(File& file) : Ledgered(file, kLedger) {}

void Documents::check(Connection&, const IngestedDocument& item) {
  if (item.document.id.empty()) {
    throw SqlFailure{{ErrorKind::kInvalid, "a document needs an id"}};
  }
}

void Documents::store(Connection& db, const Admission& admission, const IngestedDocument& item) {
  const Document& d = item.document;
  if (admission.replaces) unindex(db, admission.n);
  Query query(db,
              "INSERT OR REPLACE INTO documents(n, searchable, source, kind, title, text, words,"
              " content_type, occurred_at, received_at, participants, metadata, raw)"
              " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const bool searchable = !d.deleted && !d.purged;
  const std::string participants = d.purged ? std::string() : participants_text(d.participants);
  const std::string_view title = !d.title.empty() ? d.title : item.parsed.title;
  query << admission.n << searchable << d.source << d.kind
        << (d.purged ? std::string_view() : title) << (d.purged ? std::string_view() : d.text);
  if (d.purged || item.parsed.text == d.text) {
    query << nullptr;
  } else {
    query << item.parsed.text;
  }
  query << d.content_type << std::int64_t{d.occurred_at.time_since_epoch().count()}
        << std::int64_t{d.received_at.time_since_epoch().count()} << participants
        << (d.purged ? std::string_view("{}") : std::string_view(d.metadata));
  query.blob(d.purged ? std::string_view() : d.raw);
  query.done();
  if (searchable) index(db, admission.n);
}

void Documents::keep_before(Connection& db, std::int64_t n) {
  (Query(db, "INSERT OR REPLACE INTO documents_before SELECT * FROM documents WHERE n = ?") << n)
      .done();
}

void Documents::drop_before(Connection& db, std::int64_t n) {
  (Query(db, "DELETE FROM documents_before WHERE n = ?") << n).done();
}

void Documents::restore(Connection& db, std::int64_t n, bool to_content) {
  unindex(db, n);
  if (!to_content) {
    (Query(db, "DELETE FROM documents WHERE n = ?") << n).done();
    return;
  }
  (Query(db, "INSERT OR REPLACE INTO documents SELECT * FROM documents_before WHERE n = ?") << n)
      .done();
  drop_before(db, n);
  index(db, n);
}

Result<std::optional<StoredDocument>> Documents::get(std::string_view document_id,
                                                     const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) -> std::optional<StoredDocument> {
    Query query(db,
                "SELECT d.source, d.kind, d.title, d.text, d.content_type, d.occurred_at,"
                " d.received_at, d.participants, d.metadata, d.raw, l.version, l.deleted, l.purged,"
                " coalesce(d.words, d.text) FROM documents_ledger l JOIN documents d ON d.n = l.n"
                " WHERE l.id = ? AND l.present");
    query << document_id;
    if (!query.row()) return std::nullopt;
    StoredDocument out;
    Document& d = out.document;
    d.id = document_id;
    d.source = query.text(0);
    d.kind = query.text(1);
    d.title = query.text(2);
    d.text = query.text(3);
    d.content_type = query.text(4);
    d.occurred_at = Instant(std::chrono::nanoseconds(query.integer(5)));
    d.received_at = Instant(std::chrono::nanoseconds(query.integer(6)));
    if (!query.view(7).empty()) d.participants = Json::parse(query.view(7));
    d.metadata = query.text(8);
    d.raw = query.text(9);
    d.version = query.integer(10);
    d.deleted = query.integer(11) != 0;
    d.purged = query.integer(12) != 0;
    out.words = query.text(13);
    return out;
  });
}

Result<std::vector<TextHit>> Documents::find(const TextQuery& text_query,
                                             const CallOptions& options) const {
  const std::string match = match_expression(text_query.words);
  if (match.empty()) return std::vector<TextHit>{};
  return file_.read(options, [&](Connection& db) {
    struct Found {
      std::int64_t n;
      TextHit hit;
    };
    std::vector<Found> found;
    {
      const bool filtered = !text_query.source.empty() || !text_query.kind.empty();
      Query query(db, filtered ? kBestWithin : kBest);
      query << match << static_cast<std::int64_t>(text_query.limit);
      if (filtered) query << text_query.source << text_query.kind;
      while (query.row()) {
        found.push_back({query.integer(0), {query.text(1), -query.real(2), {}}});
      }
    }
    std::vector<TextHit> out;
    for (Found& one : found) {
      // Apart from the ranking, which would make a snippet for every match before the limit.
      Query query(db,
                  "SELECT snippet(word_index, -1, char(2), char(3), '…', 24) FROM word_index"
                  " WHERE word_index MATCH ? AND rowid = ?");
      query << match << one.n;
      if (query.row()) one.hit.snippet = query.text(0);
      out.push_back(std::move(one.hit));
    }
    return out;
  });
}

Result<std::size_t> Documents::count(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    return static_cast<std::size_t>(
        db.integer("SELECT count(*) FROM documents_ledger WHERE present AND NOT deleted"
                   " AND NOT purged"));
  });
}

}  // namespace gantry::stores::embedded
