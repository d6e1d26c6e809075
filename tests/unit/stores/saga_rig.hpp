#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/stores/embedded/embedded.hpp"
#include "host/stores/saga/saga.hpp"
#include "tests/unit/stores/conformance/backend.hpp"
#include "tests/unit/stores/one_key.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores::saga {

/// What a faulty port does to its next call.
struct Fault {
  enum class How { kRefuse, kCommitThenLose, kLose };
  How how = How::kRefuse;
  ErrorKind kind = ErrorKind::kUnavailable;
};

/// A store that stands alone (no site) in front of a real one, with faults to order.
class FaultyStore final : public Store {
 public:
  explicit FaultyStore(Store& inner) : inner_(inner), name_(std::string(inner.name())) {}

  std::string_view name() const override { return name_; }
  Result<std::vector<Kept>> put(std::span<const Write> writes, const CallOptions& o) override {
    ++puts;
    if (before_put) before_put(writes);
    if (poison) {
      for (const Write& write : writes) {
        if (write.item->document.id == *poison) return Error{ErrorKind::kInvalid, "cannot hold"};
      }
    }
    const auto fault = next(put_faults);
    if (!fault) return inner_.put(writes, o);
    if (fault->how == Fault::How::kCommitThenLose) {
      static_cast<void>(inner_.put(writes, o));
      return Error{ErrorKind::kTimeout, "no answer"};
    }
    return Error{fault->kind, "refused"};
  }
  Result<std::vector<Stamp>> look(std::span<const std::string> ids,
                                  const CallOptions& o) const override {
    if (blind) return Error{ErrorKind::kUnavailable, "away"};
    return inner_.look(ids, o);
  }
  Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& o) const override {
    if (blind) return Error{ErrorKind::kUnavailable, "away"};
    return inner_.list(after, limit, o);
  }
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs, const CallOptions& o) override {
    ++undos;
    if (const auto fault = next(undo_faults)) return Error{fault->kind, "refused"};
    return inner_.undo(refs, o);
  }
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& o) override {
    ++settles;
    return inner_.settle(refs, o);
  }

  void fail_puts(int times, Fault fault = {}) { order(put_faults, times, fault); }
  void fail_undos(int times) { order(undo_faults, times, {}); }

  std::function<void(std::span<const Write>)> before_put;
  std::optional<std::string> poison;  ///< A document that this store can never take.
  std::atomic<bool> blind{false};
  std::atomic<int> puts{0};
  std::atomic<int> undos{0};
  std::atomic<int> settles{0};

 private:
  void order(std::deque<Fault>& faults, int times, Fault fault) {
    const std::lock_guard lock(mutex_);
    faults.assign(static_cast<std::size_t>(times), fault);
  }
  std::optional<Fault> next(std::deque<Fault>& faults) {
    const std::lock_guard lock(mutex_);
    if (faults.empty()) return std::nullopt;
    const Fault out = faults.front();
    faults.pop_front();
    return out;
  }

  Store& inner_;
  const std::string name_;
  std::mutex mutex_;
  std::deque<Fault> put_faults, undo_faults;
};

/// The same for a cache.
class FaultyCache final : public Cache {
 public:
  explicit FaultyCache(Cache& inner) : inner_(inner) {}
  std::string_view name() const override { return inner_.name(); }
  Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                      const CallOptions& o) const override {
    if (away) return Error{ErrorKind::kUnavailable, "away"};
    if (forgetful) return std::vector<std::optional<std::string>>(keys.size());
    return inner_.get(keys, o);
  }
  Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                   const CallOptions& o) override {
    if (away || puts_away) return Error{ErrorKind::kUnavailable, "away"};
    return inner_.put(entries, ttl, o);
  }
  Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                  std::chrono::milliseconds lease, const CallOptions& o) override {
    if (away) return Error{ErrorKind::kUnavailable, "away"};
    ++locks;
    return inner_.lock(keys, lease, o);
  }
  Result<std::vector<bool>> unlock(std::span<const Lease> leases, const CallOptions& o) override {
    ++unlocks;
    return inner_.unlock(leases, o);
  }

  std::atomic<bool> away{false};
  std::atomic<bool> puts_away{false};
  std::atomic<bool> forgetful{false};
  std::atomic<int> locks{0};
  std::atomic<int> unlocks{0};

 private:
  Cache& inner_;
};

/// A saga over three stores that stand alone, on one clock that its sleeps move.
struct Rig {
  Rig() : Rig(SagaPolicy{}) {}
  explicit Rig(SagaPolicy policy)
      : stores(embedded::EmbeddedStores::open({dir.path() / "stores.db"}, clock).value()),
        documents(stores->documents()),
        vectors(stores->vectors()),
        graph(stores->graph()),
        cache(stores->cache()),
        saga({{&documents, &vectors, &graph}, &cache, &stores->saga_log(), &stores->dead_letters()},
             std::move(policy), clock, [this](std::chrono::milliseconds time) {
               const std::lock_guard lock(mutex);
               slept.push_back(time);
               clock.move(time);
             }) {}

  Outcome write(const IngestedDocument& item, const CallOptions& options = {}) {
    return saga.write({&item, 1}, options).front();
  }
  /// In how many of the three stores the document's content is that of `item`.
  int holders(const IngestedDocument& item) {
    const std::string key = idempotency_key(item);
    const std::string& id = item.document.id;
    int out = 0;
    for (const Store* store :
         {static_cast<Store*>(&stores->documents()), static_cast<Store*>(&stores->vectors()),
          static_cast<Store*>(&stores->graph())}) {
      const Stamp stamp = store->look({&id, 1}, {}).value().front();
      out += stamp.present && stamp.hash == key ? 1 : 0;
    }
    return out;
  }
  bool unlocked(const std::string& id) {
    const auto lease =
        lock_one(stores->cache(), "saga:lock:" + id, std::chrono::seconds(1), {}).value();
    return lease && unlock_one(stores->cache(), *lease, {}).value();
  }
  std::size_t open_sagas() {
    saga.drain();
    return stores->saga_log().open({}).value().size();
  }
  std::size_t letters() { return stores->dead_letters().count({}).value(); }

  TempDir dir;
  conformance::FakeClock clock;
  std::unique_ptr<embedded::EmbeddedStores> stores;
  FaultyStore documents, vectors, graph;
  FaultyCache cache;
  std::mutex mutex;
  std::vector<std::chrono::milliseconds> slept;
  Saga saga;
};

}  // namespace gantry::stores::saga
