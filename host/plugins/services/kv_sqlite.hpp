#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "host/plugins/ports.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gantry::plugins {

/// The kv service's store: one SQLite file (WAL, synchronous FULL: a written value survives a power
/// cut). Keys 1 to 256 bytes, values up to 64 KiB, 10'000 keys per source; more is kExhausted.
///
/// A removed key keeps its count of writes, so that a revision is never given twice. [any-thread]
class SqliteKvStore final : public KvStore {
 public:
  /// Opens or makes the file, mode 0600. kUnavailable names the file and SQLite's reason.
  static Result<std::unique_ptr<SqliteKvStore>> open(const std::filesystem::path& file);
  ~SqliteKvStore() override;

  Result<Entry> get(std::string_view source, std::string_view key) const override;
  Result<std::uint64_t> put(std::string_view source, std::string_view key, std::string_view value,
                            std::uint64_t expected) override;

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  SqliteKvStore(std::string file, std::unique_ptr<sqlite3, Close> db);
  Result<Statement> prepare(const char* sql) const;
  Error failure(const char* doing) const;

  const std::string file_;
  std::unique_ptr<sqlite3, Close> db_;
  mutable std::mutex mutex_;
  Statement select_;
  Statement count_;
  Statement upsert_;
};

}  // namespace gantry::plugins
