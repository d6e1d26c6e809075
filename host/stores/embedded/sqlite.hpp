#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "host/base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gantry::stores::embedded {

/// SQLite's failure on its way from a Query to the wall in File, where it becomes a Result.
struct SqlFailure {
  Error error;
};

/// One SQLite connection with its prepared statements. One thread at a time.
class Connection {
 public:
  /// Throws SqlFailure. `file` must exist.
  explicit Connection(const std::filesystem::path& file);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements without arguments or rows. Throws SqlFailure.
  void run(const char* sql);
  /// The value of the first column of the first row, for pragmas. Throws SqlFailure.
  std::int64_t integer(const char* sql);

  sqlite3* handle() const noexcept { return handle_; }
  /// The statement for `sql`, prepared once per address: `sql` must live as long as the connection.
  sqlite3_stmt* statement(const char* sql);
  /// Throws the SqlFailure that `code` means.
  [[noreturn]] void fail(int code) const;

 private:
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// One run of a prepared statement: bind in order with <<, then step. Resets itself at the end.
class Query {
 public:
  Query(Connection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& operator<<(std::int64_t value);
  Query& operator<<(double value);
  Query& operator<<(std::string_view text);  ///< Borrowed until the end of the query.
  Query& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Query& operator<<(const char* text) { return *this << std::string_view(text); }
  Query& operator<<(bool value) { return *this << std::int64_t{value}; }
  Query& operator<<(std::nullptr_t);  ///< NULL.
  Query& blob(std::string_view bytes);

  /// True where there is a (next) row. Throws SqlFailure.
  bool row();
  /// Runs it to its end. Throws SqlFailure.
  void done();

  std::int64_t integer(int column) const;
  double real(int column) const;
  bool null(int column) const;
  /// Bytes of a text or blob; borrowed until the next step.
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }

 private:
  void check(int code);

  Connection& connection_;
  sqlite3_stmt* statement_;
  int next_ = 1;
};

}  // namespace gantry::stores::embedded
