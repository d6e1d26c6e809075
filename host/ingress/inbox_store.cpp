#include "host/ingress/inbox_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <system_error>
#include <utility>

namespace gantry::ingress {
namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Error to_error(const rocksdb::Status& status, const std::string& doing,
               const std::filesystem::path& directory) {
  ErrorKind kind = ErrorKind::kUnavailable;
  std::string remedy = "check the disk and its messages";
  if (status.IsNoSpace() || status.IsMemoryLimit()) {
    kind = ErrorKind::kExhausted;
    remedy = "free disk space";
  } else if (status.IsCorruption()) {
    kind = ErrorKind::kInternal;
    remedy = "restore the directory from a backup, or move it away to begin anew";
  }
  return {kind, "inbox: " + doing + " " + directory.string() + " failed; " + remedy,
          status.ToString()};
}

/// Leaves recovery to us, see recover(): RocksDB's own thread would try Resume().
class NoSelfRepair final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::DBOptions database_options(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.listeners.push_back(std::make_shared<NoSelfRepair>());
  options.max_bgerror_resume_count = 0;
  options.max_background_jobs = 2;
  options.max_open_files = 128;
  // Open tables in one LRU: 64 shards of two would close the key tables for every new body table.
  options.table_cache_numshardbits = 0;
  options.max_total_wal_size = 64 << 20;
  options.bytes_per_sync = 1 << 20;
  options.max_manifest_file_size = 4 << 20;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // One thread writes: the machinery for many would only cost.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  return options;
}

/// `cache` bounds blocks, indexes and filters of all tables together, however many rows there are.
rocksdb::ColumnFamilyOptions table_options(Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.cache_index_and_filter_blocks = true;
  blocks.cache_index_and_filter_blocks_with_high_priority = true;
  blocks.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.max_write_buffer_number = 2;
  options.write_buffer_size = 1 << 20;
  if (table != Table::kKeys) {
    // What was marked or swept leaves whole files of deleted rows behind: compact those.
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  }
  if (table == Table::kBodies) {
    // Keys only grow, so files move down the levels unread; only the retention rewrites them.
    options.write_buffer_size = 4 << 20;
    options.target_file_size_base = 32 << 20;
    blocks.block_size = 16 << 10;
  }
  if (table == Table::kKeys) {
    // Nearly every look-up is for a key that is not there: the filter answers without a read.
    options.write_buffer_size = 2 << 20;
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.05;
    blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    blocks.partition_filters = true;
    blocks.pin_top_level_index_and_filter = true;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  return options;
}

}  // namespace

void InboxStore::Batch::put(Table table, std::string_view key, std::string_view value) {
  rows_.Put(store_.tables_[static_cast<std::size_t>(table)], slice(key), slice(value));
}

void InboxStore::Batch::erase(Table table, std::string_view key) {
  rows_.Delete(store_.tables_[static_cast<std::size_t>(table)], slice(key));
}

InboxStore::InboxStore(std::filesystem::path directory, rocksdb::Env* env)
    : directory_(std::move(directory)), env_(env ? env : rocksdb::Env::Default()) {}

InboxStore::~InboxStore() { close_database(); }

Result<std::unique_ptr<InboxStore>> InboxStore::open(std::filesystem::path directory,
                                                     rocksdb::Env* env) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) {
    return Error(ErrorKind::kUnavailable,
                 "inbox: cannot create " + directory.string() + "; check its rights",
                 failed.message());
  }
  std::unique_ptr<InboxStore> store(new InboxStore(std::move(directory), env));
  if (auto opened = store->open_database(); !opened) return opened.error();
  return store;
}

Result<void> InboxStore::open_database() {
  const auto cache = rocksdb::NewLRUCache(8 << 20, 2, false, 0.5);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {"keys", table_options(Table::kKeys, cache)},
      {"bodies", table_options(Table::kBodies, cache)},
      {"pending", table_options(Table::kPending, cache)},
      {"states", table_options(Table::kStates, cache)},
      // RocksDB insists on this one; nothing is ever in it.
      {rocksdb::kDefaultColumnFamilyName, table_options(Table::kStates, cache)},
  };
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(database_options(env_), directory_.string(), families, &tables_, &db);
  if (status.ok()) {
    db_.reset(db);
    return {};
  }
  tables_.clear();
  // RocksDB has no code of its own for this one.
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return Error(ErrorKind::kConflict,
                 "inbox: " + directory_.string() +
                     " is open in another process; stop it, or give this one its own directory",
                 status.ToString());
  }
  return to_error(status, "opening", directory_);
}

void InboxStore::close_database() {
  for (auto* table : tables_) db_->DestroyColumnFamilyHandle(table);
  tables_.clear();
  if (db_) db_->Close();
  db_.reset();
}

Result<std::optional<std::string>> InboxStore::get(Table table, std::string_view key) const {
  const std::shared_lock lock(swap_);
  if (!db_) return Error(ErrorKind::kUnavailable, "inbox: the database is being recovered");
  rocksdb::PinnableSlice value;
  const auto status = db_->Get({}, tables_[static_cast<std::size_t>(table)], slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return to_error(status, "reading", directory_);
  return std::optional<std::string>(view(value));
}

Result<void> InboxStore::scan(
    Table table, std::string_view from,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::shared_lock lock(swap_);
  if (!db_) return Error(ErrorKind::kUnavailable, "inbox: the database is being recovered");
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> row(
      db_->NewIterator(options, tables_[static_cast<std::size_t>(table)]));
  for (row->Seek(slice(from)); row->Valid(); row->Next()) {
    if (!visit(view(row->key()), view(row->value()))) return {};
  }
  if (!row->status().ok()) return to_error(row->status(), "reading", directory_);
  return {};
}

Result<std::string> InboxStore::last_key(Table table) const {
  const std::shared_lock lock(swap_);
  const std::unique_ptr<rocksdb::Iterator> row(
      db_->NewIterator({}, tables_[static_cast<std::size_t>(table)]));
  row->SeekToLast();
  if (row->Valid()) return std::string(view(row->key()));
  if (!row->status().ok()) return to_error(row->status(), "reading", directory_);
  return std::string();
}

Result<void> InboxStore::write(Batch& batch, bool sync) {
  if (!db_) return Error(ErrorKind::kUnavailable, "inbox: the database is being recovered");
  rocksdb::WriteOptions options;
  options.sync = sync;
  const auto status = db_->Write(options, &batch.rows_);
  if (!status.ok()) return to_error(status, "writing", directory_);
  return {};
}

Result<void> InboxStore::recover() {
  // Not DB::Resume(): it writes to the log that failed, and Debian's build asserts that nobody
  // does.
  const std::unique_lock lock(swap_);
  close_database();
  return open_database();
}

}  // namespace gantry::ingress
