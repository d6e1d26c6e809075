#include "host/plugins/services/kv_sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "host/base/assert.hpp"

namespace gantry::plugins {
namespace {

constexpr std::size_t kKeyMax = 256;
constexpr std::size_t kValueMax = 64U << 10U;
constexpr std::int64_t kKeysMax = 10'000;

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;"
    "CREATE TABLE IF NOT EXISTS kv (source TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " revision INTEGER NOT NULL, PRIMARY KEY (source, key)) WITHOUT ROWID";

/// Leaves a statement ready for its next use, whatever happened.
struct Rewind {
  sqlite3_stmt* statement;
  ~Rewind() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  GANTRY_ASSERT(sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC,
                                    SQLITE_UTF8) == SQLITE_OK);
}

void bind_blob(sqlite3_stmt* statement, int at, std::string_view bytes) {
  // A null pointer would bind NULL: an empty value must stay an empty blob.
  const char* const data = bytes.empty() ? "" : bytes.data();
  GANTRY_ASSERT(sqlite3_bind_blob64(statement, at, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
}

}  // namespace

void SqliteKvStore::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

void SqliteKvStore::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

SqliteKvStore::SqliteKvStore(std::string file, std::unique_ptr<sqlite3, Close> db)
    : file_(std::move(file)), db_(std::move(db)) {}

SqliteKvStore::~SqliteKvStore() = default;

Result<std::unique_ptr<SqliteKvStore>> SqliteKvStore::open(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  // Tokens live here: nobody else reads them. SQLite gives its side files the same mode.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
  const int opened = sqlite3_open_v2(
      file.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  std::unique_ptr<SqliteKvStore> store(
      new SqliteKvStore(file.string(), std::unique_ptr<sqlite3, Close>(raw)));
  const bool ready =
      opened == SQLITE_OK && sqlite3_exec(raw, kSchema, nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!ready) return store->failure("open");

  auto select = store->prepare("SELECT value, revision FROM kv WHERE source=?1 AND key=?2");
  if (!select) return select.error();
  auto count = store->prepare("SELECT count(*) FROM kv WHERE source=?1");
  if (!count) return count.error();
  auto upsert = store->prepare(
      "INSERT INTO kv (source, key, value, revision) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (source, key) DO UPDATE SET value=excluded.value, revision=excluded.revision");
  if (!upsert) return upsert.error();
  store->select_ = std::move(*select);
  store->count_ = std::move(*count);
  store->upsert_ = std::move(*upsert);
  return store;
}

Error SqliteKvStore::failure(const char* doing) const {
  return {ErrorKind::kUnavailable,
          std::string("kv store: cannot ") + doing + ' ' + file_ + "; check space and permissions",
          sqlite3_errmsg(db_.get())};
}

Result<SqliteKvStore::Statement> SqliteKvStore::prepare(const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return failure("prepare");
  }
  return Statement(statement);
}

Result<KvStore::Entry> SqliteKvStore::get(std::string_view source, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const Rewind rewind{select_.get()};
  bind_text(select_.get(), 1, source);
  bind_blob(select_.get(), 2, key);
  const int step = sqlite3_step(select_.get());
  if (step == SQLITE_DONE) return Entry{};
  if (step != SQLITE_ROW) return failure("read");
  Entry entry;
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(select_.get(), 0));
  if (size == 0) return entry;  // removed: only the count of writes is left
  entry.value.assign(static_cast<const char*>(sqlite3_column_blob(select_.get(), 0)), size);
  entry.revision = static_cast<std::uint64_t>(sqlite3_column_int64(select_.get(), 1));
  return entry;
}

Result<std::uint64_t> SqliteKvStore::put(std::string_view source, std::string_view key,
                                         std::string_view value, std::uint64_t expected) {
  if (key.empty() || key.size() > kKeyMax || value.size() > kValueMax) {
    return Error{ErrorKind::kExhausted, "kv put: key over 256 bytes or value over 64 KiB"};
  }
  const std::lock_guard lock(mutex_);
  // One writer process is the rule, but a second host on the same file must not break the compare.
  if (sqlite3_exec(db_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure("write");
  }
  struct Rollback {
    sqlite3* db;
    ~Rollback() {
      if (sqlite3_get_autocommit(db) == 0) {
        sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
      }
    }
  };
  const Rollback rollback{db_.get()};

  std::int64_t writes = 0;
  std::uint64_t current = 0;
  {
    const Rewind rewind{select_.get()};
    bind_text(select_.get(), 1, source);
    bind_blob(select_.get(), 2, key);
    const int step = sqlite3_step(select_.get());
    if (step != SQLITE_DONE && step != SQLITE_ROW) return failure("read");
    if (step == SQLITE_ROW) {
      writes = sqlite3_column_int64(select_.get(), 1);
      if (sqlite3_column_bytes(select_.get(), 0) > 0) current = static_cast<std::uint64_t>(writes);
    }
  }
  if (current != expected) {
    return Error{ErrorKind::kConflict, "kv put: the key has another revision; read it again"};
  }
  if (writes == 0) {
    if (value.empty()) return std::uint64_t{0};
    const Rewind rewind{count_.get()};
    bind_text(count_.get(), 1, source);
    if (sqlite3_step(count_.get()) != SQLITE_ROW) return failure("read");
    if (sqlite3_column_int64(count_.get(), 0) >= kKeysMax) {
      return Error{ErrorKind::kExhausted, "kv put: the source has 10000 keys already"};
    }
  }
  {
    const Rewind rewind{upsert_.get()};
    bind_text(upsert_.get(), 1, source);
    bind_blob(upsert_.get(), 2, key);
    bind_blob(upsert_.get(), 3, value);
    sqlite3_bind_int64(upsert_.get(), 4, writes + 1);
    if (sqlite3_step(upsert_.get()) != SQLITE_DONE) return failure("write");
  }
  if (sqlite3_exec(db_.get(), "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure("write");
  }
  return value.empty() ? 0 : static_cast<std::uint64_t>(writes + 1);
}

}  // namespace gantry::plugins
