#include "host/stores/embedded/file.hpp"

namespace gantry::stores::embedded {
namespace {

// A ledger row says which write of a document a store holds, and what held before it (for undo).
#define LEDGER(store)                                                                 \
  "CREATE TABLE " store                                                               \
  "_ledger(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, present INTEGER NOT NULL," \
  " version INTEGER NOT NULL, fence INTEGER NOT NULL, operation TEXT NOT NULL,"       \
  " hash TEXT NOT NULL, deleted INTEGER NOT NULL, purged INTEGER NOT NULL,"           \
  " barred TEXT NOT NULL DEFAULT '', undoable INTEGER NOT NULL DEFAULT 0,"            \
  " b_present INTEGER, b_version INTEGER, b_operation TEXT, b_hash TEXT, b_deleted INTEGER);"

#define DOCUMENT_COLUMNS                                                               \
  "(n INTEGER PRIMARY KEY, searchable INTEGER NOT NULL, source TEXT NOT NULL,"         \
  " kind TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, words TEXT,"          \
  " content_type TEXT NOT NULL, occurred_at INTEGER NOT NULL,"                         \
  " received_at INTEGER NOT NULL, participants TEXT NOT NULL, metadata TEXT NOT NULL," \
  " raw BLOB NOT NULL);"

constexpr const char* kVersion1 = LEDGER("documents") LEDGER("vectors") LEDGER("graph")

    // words is NULL where it is the same as text.
    "CREATE TABLE documents" DOCUMENT_COLUMNS "CREATE TABLE documents_before" DOCUMENT_COLUMNS
    "CREATE VIEW searchable AS SELECT n, title, coalesce(words, text) AS body FROM documents;"
    "CREATE VIRTUAL TABLE word_index USING fts5(title, body, content='searchable', "
    "content_rowid='n',"
    " tokenize='unicode61 remove_diacritics 2');"

    // change grows with every write: whoever keeps vectors in memory reads what is above its own.
    "CREATE TABLE vectors(n INTEGER PRIMARY KEY, change INTEGER NOT NULL, model TEXT NOT NULL,"
    " dimension INTEGER NOT NULL, count INTEGER NOT NULL, source TEXT NOT NULL,"
    " kind TEXT NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX vectors_change ON vectors(change);"
    "CREATE TABLE vectors_before(n INTEGER PRIMARY KEY, model TEXT NOT NULL,"
    " dimension INTEGER NOT NULL, count INTEGER NOT NULL, source TEXT NOT NULL,"
    " kind TEXT NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE vector_models(model TEXT PRIMARY KEY, dimension INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE graph_nodes(n INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL,"
    " UNIQUE(kind, value));"
    "CREATE TABLE graph_edges(document INTEGER NOT NULL, node INTEGER NOT NULL,"
    " count INTEGER NOT NULL, confidence REAL NOT NULL, PRIMARY KEY(document, node))"
    " WITHOUT ROWID;"
    "CREATE INDEX graph_edges_node ON graph_edges(node, document);"
    "CREATE TABLE graph_edges_before(document INTEGER NOT NULL, kind TEXT NOT NULL,"
    " value TEXT NOT NULL, count INTEGER NOT NULL, confidence REAL NOT NULL,"
    " PRIMARY KEY(document, kind, value)) WITHOUT ROWID;"

    "CREATE TABLE cache(key TEXT PRIMARY KEY, value BLOB NOT NULL, expires INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX cache_expires ON cache(expires);"
    "CREATE TABLE locks(key TEXT PRIMARY KEY, token TEXT NOT NULL, fence INTEGER NOT NULL,"
    " expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE fence(one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);"
    "INSERT INTO fence VALUES(1, 0);"

    "CREATE TABLE dead_letters(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " kind TEXT NOT NULL, source TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL,"
    " upstream TEXT NOT NULL, payload BLOB NOT NULL, attempts INTEGER NOT NULL,"
    " first_at INTEGER NOT NULL, last_at INTEGER NOT NULL);"
    "CREATE INDEX dead_letters_last ON dead_letters(last_at);"

    "CREATE TABLE sagas(operation TEXT PRIMARY KEY, items TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE staging(key TEXT PRIMARY KEY, document BLOB NOT NULL);";

// Letters of today's shelf are counted by what they are, and keep the reasons of earlier attempts.
constexpr const char* kVersion2 =
    "ALTER TABLE dead_letters ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';"
    "ALTER TABLE dead_letters ADD COLUMN earlier TEXT NOT NULL DEFAULT '[]';"
    "CREATE INDEX dead_letters_source ON dead_letters(source, kind, first_at);";

// Whoever holds a reference to a staged record can tell whose disk it is on.
constexpr const char* kVersion3 =
    "CREATE TABLE host(name TEXT NOT NULL);"
    "INSERT INTO host VALUES(lower(hex(randomblob(4))));";

#undef LEDGER
#undef DOCUMENT_COLUMNS

}  // namespace

const std::vector<const char*> kMigrations = {kVersion1, kVersion2, kVersion3};

}  // namespace gantry::stores::embedded
