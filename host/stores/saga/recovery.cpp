#include "host/stores/saga/recovery.hpp"

#include <algorithm>

#include "host/stores/saga/run.hpp"

namespace gantry::stores::saga {
namespace {

/// Nothing is left to undo there.
void resolve_letters(const SagaPorts& ports, const Store& store,
                     const std::vector<WriteRef>& refs) {
  for (const WriteRef& ref : refs) {
    const std::string id =
        "undo:" + ref.operation + ":" + std::string(store.name()) + ":" + ref.document_id;
    static_cast<void>(ports.dead_letters->resolve(id, {}));
  }
}

bool finish(const SagaPorts& ports, const SagaPolicy& policy, const std::vector<WriteRef>& refs,
            const std::vector<std::string>& keys) {
  if (refs.empty()) return true;
  for (const std::string& key : keys) {
    if (!cache_result(*ports.cache, key, Kept::kWritten, policy.result_ttl, {})) return false;
  }
  // Written again after an undo that failed: the letters about that are answered too.
  return std::ranges::all_of(ports.stores, [&](Store* store) {
    if (!store->settle(refs, {})) return false;
    resolve_letters(ports, *store, refs);
    return true;
  });
}

bool take_back(const SagaPorts& ports, const std::vector<WriteRef>& refs) {
  if (refs.empty()) return true;
  for (Store* store : ports.stores) {
    if (!store->undo(refs, {})) return false;
    resolve_letters(ports, *store, refs);
  }
  return true;
}

}  // namespace

bool recover(const SagaPorts& ports, const SagaPolicy& policy, Journal& journal,
             const SagaEntry& entry, Resumed& out) {
  std::vector<std::string> ids, whole_keys;
  for (const SagaItem& item : entry.items) ids.push_back(item.document_id);
  std::vector<std::size_t> holding(ids.size(), 0);
  for (Store* store : ports.stores) {
    auto stamps = store->look(ids, {});
    if (!stamps) return false;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if ((*stamps)[i].present && (*stamps)[i].hash == entry.items[i].key) ++holding[i];
    }
  }
  std::vector<WriteRef> whole, half;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (holding[i] == ports.stores.size()) {
      whole.push_back({ids[i], entry.operation});
      whole_keys.push_back(entry.items[i].key);
    } else {
      half.push_back({ids[i], entry.operation});
    }
  }
  if (!finish(ports, policy, whole, whole_keys) || !take_back(ports, half)) return false;
  if (!journal.end({&entry.operation, 1}, {})) return false;
  out.completed += whole.size();
  out.undone += half.size();
  return true;
}

}  // namespace gantry::stores::saga
