#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/stores/postgres/pool.hpp"
#include "host/stores/verdict.hpp"

namespace gantry::stores::postgres {

/// One store's ledger statements. `*_before` keeps, per document, the state that an undo of its
/// last write would bring back; settling is deleting that row.
struct LedgerSql {
  const char* lock;         ///< (ids) → the ledger's rows, locked, in the order of ids.
  const char* look;         ///< (ids) → the same, not locked.
  const char* undoable;     ///< (ids) → ids that have a state before.
  const char* bar;          ///< (ids, operations)
  const char* bar_new;      ///< (ids, operations)
  const char* drop_before;  ///< (ids)
  const char* settle;       ///< (ids, operations)
  const char* list;         ///< (after, limit)
};

/// A write that a ledger let in.
struct Admitted {
  const Write* write;
  std::int64_t version = 0;  ///< That the document has from now on.
  bool known = false;        ///< The ledger has a row of it.
  bool undoable = false;     ///< What was there must be kept.
};

using LedgerRows = std::map<std::string, LedgerState, std::less<>>;

/// The rows that `lock` or `look` gave, by id.
LedgerRows read_ledger(const Rows& rows);
Array ids_of(std::span<const Admitted> writes);
/// Of the writes that can be undone.
Arguments kept_refs(std::span<const Admitted> writes);

#define GANTRY_POSTGRES_LEDGER_COLUMNS                                                     \
  " id text COLLATE \"C\" PRIMARY KEY, present boolean NOT NULL, version bigint NOT NULL," \
  " fence bigint NOT NULL, operation text NOT NULL, hash text NOT NULL,"                   \
  " deleted boolean NOT NULL, purged boolean NOT NULL, barred text NOT NULL"

#define GANTRY_POSTGRES_BEFORE_COLUMNS                                                        \
  " id text COLLATE \"C\" PRIMARY KEY, by_operation text NOT NULL, present boolean NOT NULL," \
  " version bigint NOT NULL, operation text NOT NULL, hash text NOT NULL,"                    \
  " deleted boolean NOT NULL"

#define GANTRY_POSTGRES_LEDGER_ROWS(table)                                                   \
  "SELECT id, present, version, fence, operation, hash, deleted, purged, barred FROM " table \
  " WHERE id = ANY($1::text[])"

#define GANTRY_POSTGRES_LEDGER_SQL(table)                                        \
  {GANTRY_POSTGRES_LEDGER_ROWS(table) " ORDER BY id FOR UPDATE",                 \
   GANTRY_POSTGRES_LEDGER_ROWS(table),                                           \
   "SELECT id FROM " table "_before WHERE id = ANY($1::text[])",                 \
   "UPDATE " table                                                               \
   " l SET barred = r.operation FROM unnest($1::text[], $2::text[])"             \
   " AS r(id, operation) WHERE l.id = r.id",                                     \
   "INSERT INTO " table                                                          \
   "(id, present, version, fence, operation, hash, deleted, purged,"             \
   " barred) SELECT r.id, false, -9223372036854775808, 0, '', '', false, false," \
   " r.operation FROM unnest($1::text[], $2::text[]) AS r(id, operation)",       \
   "DELETE FROM " table "_before WHERE id = ANY($1::text[])",                    \
   "DELETE FROM " table                                                          \
   "_before b USING unnest($1::text[], $2::text[]) AS r(id, operation)"          \
   " WHERE b.id = r.id AND b.by_operation = r.operation",                        \
   "SELECT id, version, deleted, purged FROM " table                             \
   " WHERE id > $1::text AND present ORDER BY id LIMIT $2::bigint"}

}  // namespace gantry::stores::postgres
