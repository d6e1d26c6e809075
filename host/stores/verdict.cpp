#include "host/stores/verdict.hpp"

namespace gantry::stores {

Kept judge(const LedgerState& state, const Write& write) {
  const Document& document = write.item->document;
  const WriteTag& tag = write.tag;
  if (!tag.operation.empty() && state.barred == tag.operation) return Kept::kFenced;
  if (tag.fence < state.fence) return Kept::kFenced;
  if (!state.present) return Kept::kWritten;
  if (state.purged) return document.purged ? Kept::kUnchanged : Kept::kStale;
  if (document.purged) return Kept::kWritten;  // privacy outranks the order of versions
  if (document.version < state.version) return Kept::kStale;
  if (document.version > state.version) return Kept::kWritten;
  if (state.hash == write.hash) return Kept::kUnchanged;
  if (state.deleted && !document.deleted) return Kept::kStale;
  return Kept::kWritten;
}

Stamp stamp_of(const LedgerState& state) {
  if (!state.present) return {};
  return {true,       state.version, {state.operation, state.fence},
          state.hash, state.deleted, state.purged};
}

}  // namespace gantry::stores
