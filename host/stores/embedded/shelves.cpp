#include "host/stores/embedded/shelves.hpp"

#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::stores::embedded {
namespace {

Result<void> nothing(const Result<bool>& done) {
  if (!done) return done.error();
  return {};
}

#define LETTER_COLUMNS \
  "SELECT id, kind, source, subject, reason, upstream, attempts, first_at, last_at, priority"

Instant instant_of(std::int64_t nanoseconds) {
  return Instant(std::chrono::nanoseconds(nanoseconds));
}

/// As they lie in the table: [[nanoseconds, reason, upstream], …], newest first.
std::vector<Mishap> mishaps_of(std::string_view text) {
  std::vector<Mishap> out;
  for (const Json& one : Json::parse(text)) {
    out.push_back({instant_of(one.at(0)), one.at(1), one.at(2)});
  }
  return out;
}

/// The reasons of a letter that is there, once it has failed again; "[]" for a new one.
std::string earlier_of(Connection& db, const std::string& id) {
  Query query(db, "SELECT last_at, reason, upstream, earlier FROM dead_letters WHERE id = ?");
  query << id;
  Json out = Json::array();
  if (!query.row()) return dump_json(out);
  out.push_back({query.integer(0), query.text(1), query.text(2)});
  for (Json& one : Json::parse(query.view(3))) {
    if (out.size() < kMishapsMax) out.push_back(std::move(one));
  }
  return dump_json(out);
}

DeadLetter letter_at(const Query& query) {
  const auto instant = [&](int column) { return instant_of(query.integer(column)); };
  DeadLetter out;
  out.id = query.text(0);
  out.kind = query.text(1);
  out.source = query.text(2);
  out.subject = query.text(3);
  out.reason = query.text(4);
  out.upstream = query.text(5);
  out.attempts = query.integer(6);
  out.first_at = instant(7);
  out.last_at = instant(8);
  out.priority = query.text(9);
  return out;
}

}  // namespace

Result<std::string> FileDeadLetters::add(const DeadLetter& letter, const CallOptions& options) {
  const std::string id = letter.id.empty() ? to_hex(random_bytes(8)) : letter.id;
  return file_.write(options, [&](Connection& db) {
    const std::int64_t now = file_.now().time_since_epoch().count();
    const std::string earlier = earlier_of(db, id);
    Query query(db,
                "INSERT INTO dead_letters(id, kind, source, subject, reason, upstream, payload,"
                " attempts, first_at, last_at, priority, earlier)"
                " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(id) DO UPDATE SET reason = excluded.reason,"
                " upstream = excluded.upstream, payload = excluded.payload,"
                " attempts = attempts + 1, last_at = excluded.last_at,"
                " priority = excluded.priority, earlier = excluded.earlier");
    query << id << letter.kind << letter.source << letter.subject << letter.reason
          << letter.upstream;
    query.blob(letter.payload) << letter.attempts << now << now << letter.priority << earlier;
    query.done();
    return id;
  });
}

Result<std::vector<DeadLetter>> FileDeadLetters::list(const DeadLetterQuery& wanted,
                                                      const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    Query query(db, LETTER_COLUMNS
                " FROM dead_letters WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR source = ?2)"
                " ORDER BY last_at DESC, n DESC LIMIT ?3");
    query << wanted.kind << wanted.source << static_cast<std::int64_t>(wanted.limit);
    std::vector<DeadLetter> out;
    while (query.row()) out.push_back(letter_at(query));
    return out;
  });
}

Result<std::optional<DeadLetter>> FileDeadLetters::get(std::string_view id,
                                                       const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) -> std::optional<DeadLetter> {
    Query query(db, LETTER_COLUMNS ", payload, earlier FROM dead_letters WHERE id = ?");
    query << id;
    if (!query.row()) return std::nullopt;
    DeadLetter out = letter_at(query);
    out.payload = query.text(10);
    out.earlier = mishaps_of(query.view(11));
    return out;
  });
}

Result<bool> FileDeadLetters::resolve(std::string_view id, const CallOptions& options) {
  return file_.write(options, [&](Connection& db) {
    Query query(db, "DELETE FROM dead_letters WHERE id = ? RETURNING 1");
    query << id;
    const bool there = query.row();
    query.done();
    return there;
  });
}

Result<std::size_t> FileDeadLetters::count(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    return static_cast<std::size_t>(db.integer("SELECT count(*) FROM dead_letters"));
  });
}

Result<std::vector<DeadLetterTally>> FileDeadLetters::tally(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    Query query(db,
                "SELECT kind, source, count(*), min(first_at) FROM dead_letters"
                " GROUP BY source, kind ORDER BY source, kind");
    std::vector<DeadLetterTally> out;
    while (query.row()) {
      out.push_back({query.text(0), query.text(1), static_cast<std::size_t>(query.integer(2)),
                     instant_of(query.integer(3))});
    }
    return out;
  });
}

Result<void> FileSagaLog::begin(const saga::SagaEntry& entry, const CallOptions& options) {
  Json items = Json::array();
  for (const saga::SagaItem& item : entry.items) items.push_back({item.document_id, item.key});
  const std::string text = dump_json(items);
  return nothing(file_.write(options, [&](Connection& db) {
    (Query(db, "INSERT INTO sagas VALUES(?, ?)") << entry.operation << text).done();
    return true;
  }));
}

Result<void> FileSagaLog::end(std::span<const std::string> operations, const CallOptions& options) {
  return nothing(file_.write(options, [&](Connection& db) {
    for (const std::string& operation : operations) {
      (Query(db, "DELETE FROM sagas WHERE operation = ?") << operation).done();
    }
    return true;
  }));
}

Result<std::vector<saga::SagaEntry>> FileSagaLog::open(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    std::vector<saga::SagaEntry> out;
    Query query(db, "SELECT operation, items FROM sagas ORDER BY operation");
    while (query.row()) {
      saga::SagaEntry entry{query.text(0), {}};
      for (const Json& item : Json::parse(query.view(1))) {
        entry.items.push_back({item.at(0), item.at(1)});
      }
      out.push_back(std::move(entry));
    }
    return out;
  });
}

Result<std::vector<std::string>> FileStaging::put(std::span<const Document> documents,
                                                  const CallOptions& options) {
  std::vector<std::string> keys, bodies;
  for (const Document& document : documents) {
    keys.push_back(content_hash(document) + '@' + home_);
    bodies.push_back(dump_json(Json(document)));
  }
  return file_.write(options, [&](Connection& db) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      Query query(db, "INSERT OR IGNORE INTO staging VALUES(?, ?)");
      query << keys[i];
      query.blob(bodies[i]).done();
    }
    return keys;
  });
}

Result<std::vector<std::optional<Document>>> FileStaging::get(std::span<const std::string> keys,
                                                              const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    std::vector<std::optional<Document>> out;
    for (const std::string& key : keys) {
      Query query(db, "SELECT document FROM staging WHERE key = ?");
      query << key;
      out.emplace_back();
      if (query.row()) out.back() = Json::parse(query.view(0)).get<Document>();
    }
    return out;
  });
}

Result<void> FileStaging::release(std::span<const std::string> keys, const CallOptions& options) {
  return nothing(file_.write(options, [&](Connection& db) {
    for (const std::string& key : keys) {
      (Query(db, "DELETE FROM staging WHERE key = ?") << key).done();
    }
    return true;
  }));
}

Result<std::vector<Staged>> FileStaging::list(std::string_view after, std::size_t limit,
                                              const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    Query query(db,
                "SELECT key, body ->> '$.id', body ->> '$.source', body ->> '$.version' FROM"
                " (SELECT key, CAST(document AS TEXT) AS body FROM staging WHERE key > ?"
                "  ORDER BY key LIMIT ?)");
    query << after << static_cast<std::int64_t>(limit);
    std::vector<Staged> out;
    while (query.row()) {
      out.push_back({query.text(0), query.text(1), query.text(2), query.integer(3)});
    }
    return out;
  });
}

Result<std::size_t> FileStaging::count(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    return static_cast<std::size_t>(db.integer("SELECT count(*) FROM staging"));
  });
}

#undef LETTER_COLUMNS

}  // namespace gantry::stores::embedded
