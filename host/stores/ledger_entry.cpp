#include "host/stores/ledger_entry.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gantry::stores {

void to_json(Json& out, const LedgerEntry& entry) {
  const auto& before = entry.before;
  out = {{"present", entry.present},    {"version", entry.version},
         {"fence", entry.fence},        {"operation", entry.operation},
         {"hash", entry.hash},          {"deleted", entry.deleted},
         {"purged", entry.purged},      {"barred", entry.barred},
         {"undoable", entry.undoable},  {"b_present", before.present},
         {"b_version", before.version}, {"b_operation", before.operation},
         {"b_hash", before.hash},       {"b_deleted", before.deleted}};
}

void from_json(const Json& in, LedgerEntry& entry) {
  const LedgerEntry none;
  entry.present = in.value("present", none.present);
  entry.version = in.value("version", none.version);
  entry.fence = in.value("fence", none.fence);
  entry.operation = in.value("operation", none.operation);
  entry.hash = in.value("hash", none.hash);
  entry.deleted = in.value("deleted", none.deleted);
  entry.purged = in.value("purged", none.purged);
  entry.barred = in.value("barred", none.barred);
  entry.undoable = in.value("undoable", none.undoable);
  entry.before.present = in.value("b_present", none.before.present);
  entry.before.version = in.value("b_version", none.before.version);
  entry.before.operation = in.value("b_operation", none.before.operation);
  entry.before.hash = in.value("b_hash", none.before.hash);
  entry.before.deleted = in.value("b_deleted", none.before.deleted);
}

LedgerEntry admitted(const LedgerEntry& entry, const Write& write) {
  const Document& document = write.item->document;
  LedgerEntry out = entry;
  out.present = true;
  out.version = std::max(document.version, entry.version);
  out.fence = write.tag.fence;
  out.operation = write.tag.operation;
  out.hash = write.hash;
  out.deleted = document.deleted;
  out.purged = document.purged;
  out.undoable = !write.tag.operation.empty() && !document.purged;
  out.before = {};
  if (out.undoable && entry.present) {
    out.before = {true, entry.version, entry.operation, entry.hash, entry.deleted};
  }
  return out;
}

Undone reverse(LedgerEntry& entry, std::string_view operation) {
  if (!entry.present || entry.operation != operation) {
    // The write may still be on its way; it must find the door shut.
    entry.barred = operation;
    return Undone::kNotOurs;
  }
  if (!entry.undoable) return Undone::kFinal;
  entry.present = entry.before.present;
  entry.version = entry.before.version;
  entry.operation = entry.before.operation;
  entry.hash = entry.before.hash;
  entry.deleted = entry.before.deleted;
  entry.barred = operation;
  entry.undoable = false;
  entry.before = {};
  return Undone::kRestored;
}

}  // namespace gantry::stores
