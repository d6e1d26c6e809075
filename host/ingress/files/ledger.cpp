#include "host/ingress/files/ledger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "host/ingress/files/descriptor.hpp"
#include "host/stores/embedded/sqlite.hpp"

namespace gantry::files {
namespace {

using stores::embedded::Connection;
using stores::embedded::Query;
using stores::embedded::SqlFailure;

constexpr const char* kSchema = R"sql(
PRAGMA busy_timeout = 10000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS finished (
  source TEXT NOT NULL, sha256 TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
  size INTEGER NOT NULL, at_ns INTEGER NOT NULL,
  PRIMARY KEY (source, sha256)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
  source TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, archive TEXT NOT NULL,
  run TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  PRIMARY KEY (source, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claims_content ON claims (source, sha256);
CREATE TABLE IF NOT EXISTS sent (
  source TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (source, name)) WITHOUT ROWID;
)sql";

constexpr const char* kSelectClaim =
    "SELECT id, name, archive, run, sha256, size, modified_ns FROM claims "
    "WHERE source = ? AND id = ?";
constexpr const char* kSelectTwin =
    "SELECT id, name, archive, run, sha256, size, modified_ns FROM claims "
    "WHERE source = ? AND sha256 = ? AND id <> ? LIMIT 1";
constexpr const char* kSelectClaims =
    "SELECT id, name, archive, run, sha256, size, modified_ns FROM claims "
    "WHERE source = ? ORDER BY id";

std::int64_t ns(Instant at) { return at.time_since_epoch().count(); }

Claim read_claim(const Query& row) {
  Claim claim;
  claim.file.id = row.text(0);
  claim.file.name = row.text(1);
  claim.archive = row.text(2);
  claim.run = row.text(3);
  claim.file.sha256 = row.text(4);
  claim.file.size = static_cast<std::uint64_t>(row.integer(5));
  claim.file.modified_at_ns = row.integer(6);
  return claim;
}

}  // namespace

Ledger::Ledger(std::filesystem::path file) : file_(std::move(file)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& file) {
  // Made by us first, because SQLite would make it readable for all.
  if (!Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))) {
    return Error(ErrorKind::kUnavailable,
                 "file ledger " + file.string() + " cannot be opened; check its directory");
  }
  std::unique_ptr<Ledger> ledger(new Ledger(file));
  const auto opened = ledger->run([&](Connection&) {});
  if (!opened) return opened.error();
  return ledger;
}

Result<void> Ledger::run(const Body& body) const {
  const std::scoped_lock lock(mutex_);
  try {
    auto& connection = const_cast<Ledger*>(this)->connection_;
    if (!connection) {
      auto made = std::make_unique<Connection>(file_);
      made->run(kSchema);
      connection = std::move(made);
    }
    body(*connection);
    return {};
  } catch (const SqlFailure& failure) {
    return Error(failure.error.kind,
                 "file ledger " + file_.string() +
                     " failed; check the disk, or move it away to begin anew (files that come "
                     "again are then read again)",
                 failure.error.upstream);
  }
}

Result<std::optional<FinishedFile>> Ledger::finished(std::string_view source,
                                                     std::string_view sha256) const {
  std::optional<FinishedFile> found;
  const auto ran = run([&](Connection& connection) {
    Query query(connection, "SELECT id, name, at_ns FROM finished WHERE source = ? AND sha256 = ?");
    query << source << sha256;
    if (!query.row()) return;
    found = {query.text(0), query.text(1), Instant(std::chrono::nanoseconds(query.integer(2)))};
  });
  if (!ran) return ran.error();
  return found;
}

Result<void> Ledger::mark_finished(std::string_view source, const BatchFile& file, Instant at) {
  return run([&](Connection& connection) {
    Query query(connection,
                "INSERT INTO finished (source, sha256, id, name, size, at_ns) VALUES "
                "(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    query << source << file.sha256 << file.id << file.name << static_cast<std::int64_t>(file.size)
          << ns(at);
    query.done();
  });
}

Result<std::vector<Claim>> Ledger::claims(std::string_view source) const {
  std::vector<Claim> all;
  const auto ran = run([&](Connection& connection) {
    Query query(connection, kSelectClaims);
    query << source;
    while (query.row()) all.push_back(read_claim(query));
  });
  if (!ran) return ran.error();
  return all;
}

Result<std::optional<Claim>> Ledger::claim(std::string_view source, std::string_view id) const {
  std::optional<Claim> found;
  const auto ran = run([&](Connection& connection) {
    Query query(connection, kSelectClaim);
    query << source << id;
    if (query.row()) found = read_claim(query);
  });
  if (!ran) return ran.error();
  return found;
}

Result<std::optional<Claim>> Ledger::claim_with(std::string_view source, std::string_view sha256,
                                                std::string_view id) const {
  std::optional<Claim> found;
  const auto ran = run([&](Connection& connection) {
    Query query(connection, kSelectTwin);
    query << source << sha256 << id;
    if (query.row()) found = read_claim(query);
  });
  if (!ran) return ran.error();
  return found;
}

Result<void> Ledger::put_claim(std::string_view source, const Claim& claim) {
  return run([&](Connection& connection) {
    Query query(connection,
                "INSERT OR REPLACE INTO claims (source, id, name, archive, run, sha256, size, "
                "modified_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    const BatchFile& file = claim.file;
    query << source << file.id << file.name << claim.archive << claim.run << file.sha256
          << static_cast<std::int64_t>(file.size) << file.modified_at_ns;
    query.done();
  });
}

Result<void> Ledger::drop_claim(std::string_view source, std::string_view id) {
  return run([&](Connection& connection) {
    Query query(connection, "DELETE FROM claims WHERE source = ? AND id = ?");
    query << source << id;
    query.done();
  });
}

Result<std::optional<SentFile>> Ledger::sent(std::string_view source, std::string_view name) const {
  std::optional<SentFile> found;
  const auto ran = run([&](Connection& connection) {
    Query query(connection, "SELECT sha256, id FROM sent WHERE source = ? AND name = ?");
    query << source << name;
    if (query.row()) found = {query.text(0), query.text(1)};
  });
  if (!ran) return ran.error();
  return found;
}

Result<void> Ledger::mark_sent(std::string_view source, std::string_view name,
                               const SentFile& file) {
  return run([&](Connection& connection) {
    Query query(connection,
                "INSERT OR REPLACE INTO sent (source, name, sha256, id) VALUES (?, ?, ?, ?)");
    query << source << name << file.sha256 << file.id;
    query.done();
  });
}

}  // namespace gantry::files
