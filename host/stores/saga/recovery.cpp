#include "host/stores/saga/recovery.hpp"

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

Error at(std::string_view name, const Error& error) {
  return {error.kind, std::string(name) + ": " + error.what, error.upstream};
}

Result<void> finish(const SagaPorts& ports, const SagaPolicy& policy,
                    const std::vector<WriteRef>& refs, const std::vector<std::string>& keys) {
  if (refs.empty()) return {};
  std::vector<CacheEntry> results;
  for (const std::string& key : keys) results.push_back(result_of(key, Kept::kWritten));
  auto cached = ports.cache->put(results, policy.result_ttl, {});
  if (!cached) return at(ports.cache->name(), cached.error());
  // Written again after an undo that failed: the letters about that are answered too.
  for (Store* store : ports.stores) {
    if (auto settled = store->settle(refs, {}); !settled) return at(store->name(), settled.error());
    resolve_letters(ports, *store, refs);
  }
  return {};
}

Result<void> take_back(const SagaPorts& ports, const std::vector<WriteRef>& refs) {
  if (refs.empty()) return {};
  for (Store* store : ports.stores) {
    if (auto undone = store->undo(refs, {}); !undone) return at(store->name(), undone.error());
    resolve_letters(ports, *store, refs);
  }
  return {};
}

}  // namespace

Result<void> recover(const SagaPorts& ports, const SagaPolicy& policy, Journal& journal,
                     const SagaEntry& entry, Resumed& out) {
  std::vector<std::string> ids, whole_keys;
  for (const SagaItem& item : entry.items) ids.push_back(item.document_id);
  std::vector<std::size_t> holding(ids.size(), 0);
  for (Store* store : ports.stores) {
    auto stamps = store->look(ids, {});
    if (!stamps) return at(store->name(), stamps.error());
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
  if (auto done = finish(ports, policy, whole, whole_keys); !done) return done;
  if (auto done = take_back(ports, half); !done) return done;
  if (auto ended = journal.end({&entry.operation, 1}, {}); !ended) return ended;
  out.completed += whole.size();
  out.undone += half.size();
  return {};
}

}  // namespace gantry::stores::saga
