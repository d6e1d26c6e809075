#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"

namespace gantry::ingress {

/// The tables of the inbox; their rows are in inbox_rows.hpp.
enum class Table : std::size_t { kKeys, kBodies, kPending, kStates };

/// RocksDB with the settings that keep it small, and its failures as our errors. Reads come from
/// any thread, writes from one.
class InboxStore {
 public:
  /// Several rows that are written together or not at all.
  class Batch {
   public:
    explicit Batch(InboxStore& store) : store_(store) {}
    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
    bool empty() const { return rows_.Count() == 0; }

   private:
    friend class InboxStore;
    InboxStore& store_;
    rocksdb::WriteBatch rows_;
  };

  static Result<std::unique_ptr<InboxStore>> open(std::filesystem::path directory,
                                                  rocksdb::Env* env);
  ~InboxStore();

  /// The row's bytes, or nothing. [any-thread]
  Result<std::optional<std::string>> get(Table table, std::string_view key) const;
  /// True for the first row at or after `from` and so on, until `visit` returns false.
  /// [any-thread]
  Result<void> scan(Table table, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const;
  /// The last key of a table; empty where there is none. [any-thread]
  Result<std::string> last_key(Table table) const;

  /// `sync`: on disk when it returns, with everything written before it. After a failure nothing of
  /// the batch is promised and recover() must succeed before the next write. [strand]
  Result<void> write(Batch& batch, bool sync);
  /// Makes a store whose write failed writable again by closing and opening it. [strand]
  Result<void> recover();

 private:
  InboxStore(std::filesystem::path directory, rocksdb::Env* env);
  Result<void> open_database();
  void close_database();

  const std::filesystem::path directory_;
  rocksdb::Env* const env_;
  // Shared by readers, exclusive while recover() swaps the database under them.
  mutable std::shared_mutex swap_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> tables_;
};

}  // namespace gantry::ingress
