#include "host/stores/embedded/sqlite.hpp"

#include <sqlite3.h>

namespace gantry::stores::embedded {
namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_CORRUPT:  // no document's fault: they wait until the file is repaired
      return ErrorKind::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ErrorKind::kExhausted;
    case SQLITE_INTERRUPT:
      return ErrorKind::kTimeout;
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_NOTADB:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kInternal;
  }
}

}  // namespace

Connection::Connection(const std::filesystem::path& file) {
  const int code =
      sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(handle_, 1);
    return;
  }
  const SqlFailure failure{
      {kind_of(code), "embedded store cannot open its file", sqlite3_errstr(code)}};
  sqlite3_close_v2(handle_);
  throw failure;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

void Connection::run(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::integer(const char* sql) {
  Query query(*this, sql);
  return query.row() ? query.integer(0) : 0;
}

sqlite3_stmt* Connection::statement(const char* sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) fail(code);
  statements_.emplace(sql, made);
  return made;
}

void Connection::fail(int code) const {
  // SQLite's words may quote SQL of ours, never a bound value: safe to show.
  throw SqlFailure{{kind_of(code), "embedded store failed", sqlite3_errmsg(handle_)}};
}

Query::Query(Connection& connection, const char* sql)
    : connection_(connection), statement_(connection.statement(sql)) {}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) {
  if (code != SQLITE_OK) connection_.fail(code);
}

Query& Query::operator<<(std::int64_t value) {
  check(sqlite3_bind_int64(statement_, next_++, value));
  return *this;
}

Query& Query::operator<<(double value) {
  check(sqlite3_bind_double(statement_, next_++, value));
  return *this;
}

Query& Query::operator<<(std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";
  check(sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::operator<<(std::nullptr_t) {
  check(sqlite3_bind_null(statement_, next_++));
  return *this;
}

Query& Query::blob(std::string_view bytes) {
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  check(sqlite3_bind_blob64(statement_, next_++, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Query::row() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

void Query::done() {
  while (row()) {
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Query::real(int column) const { return sqlite3_column_double(statement_, column); }

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Query::view(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string_view{}
                         : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace gantry::stores::embedded
