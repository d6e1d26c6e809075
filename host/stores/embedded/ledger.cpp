#include "host/stores/embedded/ledger.hpp"

#include <algorithm>

namespace gantry::stores::embedded {
namespace {

struct Row {
  std::int64_t n;
  bool present;
  std::int64_t version;
  std::int64_t fence;
  std::string operation;
  std::string hash;
  bool deleted;
  bool purged;
  std::string barred;
  bool undoable;
  bool before_present;
};

std::optional<Row> find(Connection& db, const char* sql, std::string_view id) {
  Query query(db, sql);
  query << id;
  if (!query.row()) return std::nullopt;
  return Row{query.integer(0), query.integer(1) != 0, query.integer(2),      query.integer(3),
             query.text(4),    query.text(5),         query.integer(6) != 0, query.integer(7) != 0,
             query.text(8),    query.integer(9) != 0, query.integer(10) != 0};
}

/// Which of two writes wins. `row` holds the earlier one.
Kept decide(const Row& row, const Write& write) {
  const Document& document = write.item->document;
  const WriteTag& tag = write.tag;
  if (!tag.operation.empty() && row.barred == tag.operation) return Kept::kFenced;
  if (tag.fence < row.fence) return Kept::kFenced;
  if (!row.present) return Kept::kWritten;
  if (row.purged) return document.purged ? Kept::kUnchanged : Kept::kStale;
  if (document.purged) return Kept::kWritten;  // privacy outranks the order of versions
  if (document.version < row.version) return Kept::kStale;
  if (document.version > row.version) return Kept::kWritten;
  if (row.hash == write.hash) return Kept::kUnchanged;
  if (row.deleted && !document.deleted) return Kept::kStale;
  return Kept::kWritten;
}

}  // namespace

Admission Ledger::admit(Connection& db, const Write& write) const {
  const Document& document = write.item->document;
  const auto row = find(db, sql_.find, document.id);
  if (!row) {
    Query insert(db, sql_.insert);
    insert << document.id << document.version << write.tag.fence << write.tag.operation
           << write.hash << document.deleted << document.purged << !write.tag.operation.empty();
    insert.row();
    return {Kept::kWritten, insert.integer(0), false, false};
  }
  const Kept kept = decide(*row, write);
  if (kept != Kept::kWritten) return {kept, row->n, false, false};
  const bool undoable = !write.tag.operation.empty() && !document.purged;
  Query update(db, sql_.update);
  update << std::max(document.version, row->version) << write.tag.fence << write.tag.operation
         << write.hash << document.deleted << document.purged << undoable << row->n;
  update.done();
  return {kept, row->n, row->present, undoable && row->present};
}

Reversal Ledger::reverse(Connection& db, const WriteRef& ref) const {
  const auto row = find(db, sql_.find, ref.document_id);
  if (!row) {
    // The write may still be on its way; it must find the door shut.
    (Query(db, sql_.bar_new) << ref.document_id << ref.operation).done();
    return {};
  }
  if (!row->present || row->operation != ref.operation) {
    (Query(db, sql_.bar) << ref.operation << row->n).done();
    return {Undone::kNotOurs, row->n, false};
  }
  if (!row->undoable) return {Undone::kFinal, row->n, false};
  (Query(db, sql_.restore) << ref.operation << row->n).done();
  return {Undone::kRestored, row->n, row->before_present};
}

std::int64_t Ledger::settle(Connection& db, const WriteRef& ref) const {
  Query query(db, sql_.settle);
  query << ref.document_id << ref.operation;
  const std::int64_t n = query.row() ? query.integer(0) : 0;
  query.done();
  return n;
}

std::vector<Stamp> Ledger::look(Connection& db, std::span<const std::string> ids) const {
  std::vector<Stamp> out;
  out.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto row = find(db, sql_.find, id);
    out.emplace_back();
    if (!row || !row->present) continue;
    out.back() = {true,      row->version, {row->operation, row->fence},
                  row->hash, row->deleted, row->purged};
  }
  return out;
}

}  // namespace gantry::stores::embedded
