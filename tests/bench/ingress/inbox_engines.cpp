// Which engine holds the inbox: RocksDB as host/ingress uses it, or SQLite at its best settings for
// the same promise. One engine per process, so that its memory is its own.
//
//   inbox_engines rocksdb|sqlite DIRECTORY DELIVERIES
//
// Stores 1 KiB bodies under random unique ids, 64 per fsync. Prints one JSON line:
// {"engine","deliveries","rate","p50_ms","p99_ms","max_ms","cpu_us","written","rss_mb":[at each
// tenth]}; the times are those of a group, CPU and bytes written to disk those of a delivery.

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/ingress/inbox_rows.hpp"
#include "host/ingress/inbox_store.hpp"

namespace {

using namespace gantry;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kGroup = 64;
constexpr std::size_t kBodyBytes = 1024;

struct Row {
  std::string key;
  std::string body;
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// Stores what is new of `rows` with one fsync.
  virtual void store(const std::vector<Row>& rows) = 0;
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

class RocksEngine final : public Engine {
 public:
  explicit RocksEngine(const std::string& directory)
      : store_(ingress::InboxStore::open(directory, nullptr).value()) {}
  void store(const std::vector<Row>& rows) override {
    using ingress::Table;
    ingress::InboxStore::Batch batch(*store_);
    for (const auto& row : rows) {
      if (store_->get(Table::kKeys, row.key).value()) continue;
      const std::string number = ingress::encode_sequence(++sequence_);
      batch.put(Table::kKeys, row.key, number);
      batch.put(Table::kBodies, number, row.body);
      batch.put(Table::kPending, number, ingress::encode_waiting({Instant{}, row.key, {}}));
    }
    store_->write(batch, true).value();
  }

 private:
  std::unique_ptr<ingress::InboxStore> store_;
  std::uint64_t sequence_ = 0;
};

/// WAL with an fsync per commit; the unique key apart from the bodies, so that its tree is small;
/// a partial index for what waits.
class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(const std::string& directory) {
    std::filesystem::create_directories(directory);
    if (sqlite3_open((directory + "/inbox.db").c_str(), &db_) != SQLITE_OK) fail("open");
    run("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000; PRAGMA temp_store=MEMORY;"
        "CREATE TABLE bodies(seq INTEGER PRIMARY KEY, body BLOB);"
        "CREATE TABLE keys(key BLOB PRIMARY KEY, seq INTEGER) WITHOUT ROWID;"
        "CREATE TABLE pending(seq INTEGER PRIMARY KEY, key BLOB);");
    key_ = prepare("INSERT OR IGNORE INTO keys VALUES(?1, ?2)");
    body_ = prepare("INSERT INTO bodies VALUES(?1, ?2)");
    pending_ = prepare("INSERT INTO pending VALUES(?1, ?2)");
  }
  ~SqliteEngine() override {
    for (auto* statement : {key_, body_, pending_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  void store(const std::vector<Row>& rows) override {
    run("BEGIN IMMEDIATE");
    for (const auto& row : rows) {
      ++sequence_;
      blob(key_, 1, row.key);
      sqlite3_bind_int64(key_, 2, sequence_);
      step(key_);
      if (sqlite3_changes(db_) == 0) continue;
      sqlite3_bind_int64(body_, 1, sequence_);
      blob(body_, 2, row.body);
      step(body_);
      sqlite3_bind_int64(pending_, 1, sequence_);
      blob(pending_, 2, row.key);
      step(pending_);
    }
    run("COMMIT");
  }

 private:
  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sqlite3_errmsg(db_));
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &made, nullptr) != SQLITE_OK) fail(sqlite3_errmsg(db_));
    return made;
  }
  static void blob(sqlite3_stmt* statement, int at, const std::string& bytes) {
    sqlite3_bind_blob(statement, at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_errmsg(db_));
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *key_ = nullptr, *body_ = nullptr, *pending_ = nullptr;
  std::int64_t sequence_ = 0;
};

long rss_mb() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

double written_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  double value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: inbox_engines rocksdb|sqlite DIRECTORY DELIVERIES");
  const std::string which = argv[1];
  const std::size_t total = std::strtoul(argv[3], nullptr, 10);
  std::unique_ptr<Engine> engine;
  if (which == "rocksdb") engine = std::make_unique<RocksEngine>(argv[2]);
  if (which == "sqlite") engine = std::make_unique<SqliteEngine>(argv[2]);
  if (!engine) fail("no such engine");

  std::vector<float> times;
  std::string rss;
  double seconds = 0;
  const double cpu_before = cpu_us();
  std::vector<Row> rows(kGroup);
  for (std::size_t made = 0; made < total;) {
    for (auto& row : rows) {
      const std::string random = sha256(std::to_string(made++));
      row.key = ingress::delivery_key("front", "evt_" + to_hex(random.substr(0, 12)));
      row.body.clear();
      while (row.body.size() < kBodyBytes) row.body += random;
    }
    const auto began = Steady::now();
    engine->store(rows);
    const std::chrono::duration<double> took = Steady::now() - began;
    seconds += took.count();
    times.push_back(static_cast<float>(took.count() * 1e3));
    if (made / (total / 10) != (made - kGroup) / (total / 10)) {
      rss += (rss.empty() ? "" : ",") + std::to_string(rss_mb());
    }
  }
  const double cpu = cpu_us() - cpu_before;
  const auto stored = static_cast<double>(times.size() * kGroup);
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return static_cast<double>(
        times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))]);
  };
  std::printf(
      "{\"engine\":\"%s\",\"deliveries\":%zu,\"rate\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
      "\"max_ms\":%.3f,\"cpu_us\":%.1f,\"written\":%.0f,\"rss_mb\":[%s]}\n",
      which.c_str(), times.size() * kGroup, static_cast<double>(times.size() * kGroup) / seconds,
      at(0.5), at(0.99), at(1.0), cpu / stored, written_bytes() / stored, rss.c_str());
  return 0;
}
