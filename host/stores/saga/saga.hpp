#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "host/base/clock.hpp"
#include "host/stores/cache.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/saga/breaker.hpp"
#include "host/stores/saga/outcome.hpp"
#include "host/stores/saga/saga_log.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::saga {

/// What a saga works on. All outlive it. `stores[0]` is the document store: its answer counts.
struct SagaPorts {
  std::vector<Store*> stores;
  Cache* cache;
  SagaLog* log;
  DeadLetters* dead_letters;
};

struct SagaPolicy {
  BreakerPolicy stores{.failures = 5, .window = std::chrono::seconds{60}};
  BreakerPolicy cache{.failures = 3, .window = std::chrono::seconds{30}};
  std::vector<std::chrono::milliseconds> retries{std::chrono::seconds{1}, std::chrono::seconds{2},
                                                 std::chrono::seconds{4}};
  std::chrono::milliseconds lease{std::chrono::seconds{30}};
  std::chrono::milliseconds lock_wait{std::chrono::seconds{10}};
  std::chrono::milliseconds result_ttl{std::chrono::hours{24}};
  /// How long a success may wait for others to be made final with it.
  std::chrono::milliseconds gather{50};
};

/// Sleeps; tests pass one that moves their clock. [blocking]
using Sleep = std::function<void(std::chrono::milliseconds)>;

/// What resume() found.
struct Resumed {
  std::size_t completed = 0;  ///< In all stores already: made final.
  std::size_t undone = 0;     ///< Taken back.
  std::size_t waiting = 0;    ///< Locked by somebody, or a store is away: call again later.
};

/// Writes documents into all stores or into none (design section 7): idempotency key, lock per
/// document, look again, write, undo on failure, cache the result, release the lock.
///
/// Where all stores and the cache share one AtomicSite the same steps run in one transaction of
/// that site; else each store is written in parallel behind its breaker, with retries, and a log
/// entry lets the next process finish or undo what a killed one began. Making a success final is
/// nobody's wait: a thread of the saga's own does it for all that ended meanwhile. [any-thread]
class Saga {
 public:
  Saga(SagaPorts ports, SagaPolicy policy = {}, const Clock& clock = system_clock(),
       Sleep sleep = {});
  ~Saga();

  /// One outcome per item, in order. Several versions of one document are written in order.
  /// [blocking]
  std::vector<Outcome> write(std::span<const IngestedDocument> batch,
                             const CallOptions& options = {});

  /// Finishes what an earlier process left behind; call at start and again while `waiting`.
  /// [blocking]
  Result<Resumed> resume(const CallOptions& options = {});

  /// Waits until what was answered is final in every store, or is left to resume(). [blocking]
  void drain();

  /// The breaker in front of a store ("documents/embedded") or the cache, for status and metrics;
  /// kClosed for an unknown name.
  BreakerState breaker(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::stores::saga
