#include "host/stores/postgres/ledger.hpp"

namespace gantry::stores::postgres {

LedgerRows read_ledger(const Rows& rows) {
  LedgerRows out;
  for (int row = 0; row < rows.size(); ++row) {
    out.emplace(
        rows.text(row, 0),
        LedgerState{rows.flag(row, 1), rows.number(row, 2), rows.number(row, 3), rows.text(row, 4),
                    rows.text(row, 5), rows.flag(row, 6), rows.flag(row, 7), rows.text(row, 8)});
  }
  return out;
}

Array ids_of(std::span<const Admitted> writes) {
  Array ids = Array::texts();
  for (const Admitted& one : writes) ids.add(one.write->item->document.id);
  return ids;
}

Arguments kept_refs(std::span<const Admitted> writes) {
  Array ids = Array::texts(), operations = Array::texts();
  for (const Admitted& one : writes) {
    if (!one.undoable) continue;
    ids.add(one.write->item->document.id);
    operations.add(one.write->tag.operation);
  }
  Arguments out;
  out.array(std::move(ids)).array(std::move(operations));
  return out;
}

}  // namespace gantry::stores::postgres
