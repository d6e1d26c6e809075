#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/embedded/sqlite.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::embedded {

/// What a ledger decided about a write. The content is touched only where `kept` is kWritten.
struct Admission {
  Kept kept = Kept::kStale;
  std::int64_t n = 0;        ///< The document's row number in this store.
  bool replaces = false;     ///< There is content of an earlier write.
  bool keep_before = false;  ///< That content must be kept for undo.
};

/// What a ledger decided about an undo.
struct Reversal {
  Undone undone = Undone::kNotOurs;
  std::int64_t n = 0;
  bool to_content = false;  ///< On kRestored: there was content before.
};

/// The names of one store's ledger statements.
struct LedgerSql {
  const char* find;
  const char* insert;
  const char* update;
  const char* bar;
  const char* bar_new;
  const char* restore;
  const char* settle;
  const char* list;
};

/// The part of every embedded store that decides which write wins: versions, tombstones, purges,
/// fences and undo, over one table. All calls run inside of a transaction and throw SqlFailure.
class Ledger {
 public:
  explicit Ledger(const LedgerSql& sql) : sql_(sql) {}

  Admission admit(Connection& db, const Write& write) const;
  Reversal reverse(Connection& db, const WriteRef& ref) const;
  /// The row number whose state before is to be dropped, or 0.
  std::int64_t settle(Connection& db, const WriteRef& ref) const;
  std::vector<Stamp> look(Connection& db, std::span<const std::string> ids) const;
  std::vector<Listed> list(Connection& db, std::string_view after, std::size_t limit) const;

 private:
  const LedgerSql& sql_;
};

#define GANTRY_LEDGER_SQL(table)                                                            \
  {"SELECT n, present, version, fence, operation, hash, deleted, purged, barred, undoable," \
   " b_present FROM " table " WHERE id = ?",                                                \
   "INSERT INTO " table                                                                     \
   "(id, present, version, fence, operation, hash, deleted, purged, undoable, b_present)"   \
   " VALUES(?, 1, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING n",                                     \
   "UPDATE " table                                                                          \
   " SET b_present = present, b_version = version, b_operation = operation, b_hash = hash," \
   " b_deleted = deleted, present = 1, version = ?, fence = ?, operation = ?, hash = ?,"    \
   " deleted = ?, purged = ?, undoable = ? WHERE n = ?",                                    \
   "UPDATE " table " SET barred = ? WHERE n = ?",                                           \
   "INSERT INTO " table                                                                     \
   "(id, present, version, fence, operation, hash, deleted, purged, barred)"                \
   " VALUES(?, 0, -9223372036854775808, 0, '', '', 0, 0, ?)",                               \
   "UPDATE " table                                                                          \
   " SET present = b_present, version = coalesce(b_version, -9223372036854775808),"         \
   " operation = coalesce(b_operation, ''), hash = coalesce(b_hash, ''),"                   \
   " deleted = coalesce(b_deleted, 0), barred = ?, undoable = 0 WHERE n = ?",               \
   "UPDATE " table                                                                          \
   " SET undoable = 0 WHERE id = ? AND operation = ? AND undoable = 1 RETURNING n",         \
   "SELECT id, version, deleted, purged FROM " table                                        \
   " WHERE id > ? AND present ORDER BY id LIMIT ?"}

}  // namespace gantry::stores::embedded
