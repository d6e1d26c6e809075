#include "host/stores/embedded/ledger.hpp"

#include <algorithm>

#include "host/stores/verdict.hpp"

namespace gantry::stores::embedded {
namespace {

struct Row {
  std::int64_t n;
  LedgerState state;
  bool undoable;
  bool before_present;
};

std::optional<Row> find(Connection& db, const char* sql, std::string_view id) {
  Query query(db, sql);
  query << id;
  if (!query.row()) return std::nullopt;
  return Row{query.integer(0),
             {query.integer(1) != 0, query.integer(2), query.integer(3), query.text(4),
              query.text(5), query.integer(6) != 0, query.integer(7) != 0, query.text(8)},
             query.integer(9) != 0,
             query.integer(10) != 0};
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
  const Kept kept = judge(row->state, write);
  if (kept != Kept::kWritten) return {kept, row->n, false, false};
  const bool undoable = !write.tag.operation.empty() && !document.purged;
  Query update(db, sql_.update);
  update << std::max(document.version, row->state.version) << write.tag.fence << write.tag.operation
         << write.hash << document.deleted << document.purged << undoable << row->n;
  update.done();
  return {kept, row->n, row->state.present, undoable && row->state.present};
}

Reversal Ledger::reverse(Connection& db, const WriteRef& ref) const {
  const auto row = find(db, sql_.find, ref.document_id);
  if (!row) {
    // The write may still be on its way; it must find the door shut.
    (Query(db, sql_.bar_new) << ref.document_id << ref.operation).done();
    return {};
  }
  if (!row->state.present || row->state.operation != ref.operation) {
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
    out.push_back(row ? stamp_of(row->state) : Stamp{});
  }
  return out;
}

std::vector<Listed> Ledger::list(Connection& db, std::string_view after, std::size_t limit) const {
  Query query(db, sql_.list);
  query << after << static_cast<std::int64_t>(limit);
  std::vector<Listed> out;
  while (query.row()) {
    out.push_back({query.text(0), query.integer(1), query.integer(2) != 0, query.integer(3) != 0});
  }
  return out;
}

}  // namespace gantry::stores::embedded
