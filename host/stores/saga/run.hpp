#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/stores/saga/guard.hpp"
#include "host/stores/saga/journal.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/saga/settler.hpp"

namespace gantry::stores::saga {

/// One document on its way through a saga.
struct Task {
  const IngestedDocument* item;
  std::string key;  ///< Idempotency key.
  Outcome outcome;
  std::optional<Lease> lease;
  bool done = false;  ///< The outcome stands.

  void finish(OutcomeKind kind, Kept kept, std::optional<Error> error = {}) {
    outcome.kind = kind;
    outcome.kept = kept;
    outcome.error = std::move(error);
    done = true;
  }
};

/// Name of a document's lock in the cache.
std::string lock_key(std::string_view document_id);
/// What remembers that a write of this key ended well.
CacheEntry result_of(std::string_view key, Kept kept);

/// The steps of one saga over documents with distinct ids. They come in two orders: together (one
/// transaction of the site that all ports share) and apart (each store by itself).
class Run {
 public:
  Run(const SagaPorts& ports, const SagaPolicy& policy, const Clock& clock, Guard& guard,
      Journal& journal, Settler& settler, const CallOptions& options)
      : ports_(ports),
        policy_(policy),
        clock_(clock),
        guard_(guard),
        journal_(journal),
        settler_(settler),
        options_(options) {}

  void together(AtomicSite& site, std::span<Task*> tasks);
  void apart(std::span<Task*> tasks);

 private:
  /// What one store made of the writes.
  struct Leg {
    Store* store;
    std::vector<Kept> kept;  // one per task where the store answered
    std::optional<Error> error;
    bool written = false;  // the writes are in the store, or may be
  };

  Result<void> steps_together(std::span<Task*> tasks);
  bool look_up(std::span<Task* const> tasks);
  Result<void> take_cached(std::span<Task* const> tasks);
  Result<std::span<Task*>> lock_some(std::span<Task*> tasks);
  void take_locks(std::span<Task* const> tasks);
  void put_everywhere(std::vector<Leg>& legs, std::span<Task* const> tasks,
                      const std::string& operation);
  void put(Leg& leg, std::span<const Write> writes);
  bool arrived(Store& store, std::span<const Write> writes, Leg& leg);
  void write_apart(std::span<Task*> tasks);
  Result<void> begin(std::span<Task* const> tasks, const std::string& operation);
  void succeed(std::span<Task* const> tasks, const std::vector<Leg>& legs,
               const std::string& operation);
  void take_back(std::span<Task* const> tasks, std::vector<Leg>& legs, const std::string& operation,
                 const Error& error);
  std::optional<Error> bury(const Leg& leg, const Task& task, const std::string& operation,
                            const Error& why);
  void release(std::span<Task* const> tasks);
  static std::vector<Task*> open_tasks(std::span<Task* const> tasks);

  const SagaPorts& ports_;
  const SagaPolicy& policy_;
  const Clock& clock_;
  Guard& guard_;
  Journal& journal_;
  Settler& settler_;
  const CallOptions& options_;
};

}  // namespace gantry::stores::saga
