#include "host/stores/saga/run.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/observe/trace.hpp"
#include "host/stores/saga/recovery.hpp"

namespace gantry::stores::saga {
namespace {

constexpr std::chrono::milliseconds kLockPoll{50};

std::string result_key(std::string_view key) { return "saga:result:" + std::string(key); }

std::vector<CacheEntry> results_of(std::span<Task* const> tasks) {
  std::vector<CacheEntry> out;
  for (const Task* task : tasks) out.push_back(result_of(task->key, task->outcome.kept));
  return out;
}

/// The leases of those that hold one, which they then no longer do.
std::vector<Lease> leases_of(std::span<Task* const> tasks) {
  std::vector<Lease> out;
  for (Task* task : tasks) {
    if (task->lease) out.push_back(*std::exchange(task->lease, std::nullopt));
  }
  return out;
}

/// The kept word of a cached result; what is not one of ours counts as absent.
std::optional<Kept> read_kept(std::string_view word) {
  for (const Kept kept : {Kept::kWritten, Kept::kUnchanged, Kept::kStale}) {
    if (to_string(kept) == word) return kept;
  }
  return std::nullopt;
}

/// One call of one store as a span.
template <class Call>
auto traced(std::string_view name, const Store& store, Call call) {
  observe::ScopedSpan span(name, observe::SpanKind::kClient);
  span.set({"store", store.name()});
  auto answer = call();
  if (!answer) span.fail(to_string(answer.error().kind));
  return answer;
}

Error lost_lock(const Store& store) {
  return {ErrorKind::kUnavailable,
          std::string(store.name()) + ": a later lock holder wrote first; try again"};
}

Error held_by_other(const Task& task) {
  return {ErrorKind::kUnavailable,
          "document " + escape_control(task.item->document.id) + " is being written by another"};
}

}  // namespace

std::string lock_key(std::string_view document_id) {
  return "saga:lock:" + std::string(document_id);
}

CacheEntry result_of(std::string_view key, Kept kept) {
  return {result_key(key), std::string(to_string(kept))};
}

std::vector<Task*> Run::open_tasks(std::span<Task* const> tasks) {
  std::vector<Task*> out;
  std::ranges::copy_if(tasks, std::back_inserter(out),
                       [](const Task* task) { return !task->done; });
  return out;
}

void Run::together(AtomicSite& site, std::span<Task*> tasks) {
  // The site may run this on a thread of its own.
  const auto done = site.atomically([&, from = observe::here()]() -> Result<void> {
    const observe::Adopt adopt(from);
    for (Task* task : tasks) {  // the site may run this again after a rollback
      task->done = false;
      task->outcome.cached = false;
      task->lease.reset();
    }
    return steps_together(tasks);
  });
  if (done) return;
  if (tasks.size() > 1 && !done.error().retryable()) {
    // One bad document must not take the others with it.
    for (Task*& task : tasks) together(site, {&task, 1});
    return;
  }
  for (Task* task : tasks) task->finish(OutcomeKind::kFailed, Kept::kUnchanged, done.error());
}

Result<void> Run::steps_together(std::span<Task*> tasks) {
  Cache& cache = *ports_.cache;
  for (auto rest = tasks; !rest.empty();) {
    auto waiting = lock_some(rest);
    if (!waiting) return waiting.error();
    rest = *waiting;
    if (rest.empty()) break;
    rest[0]->finish(OutcomeKind::kFailed, Kept::kUnchanged, held_by_other(*rest[0]));
    rest = rest.subspan(1);
  }
  if (auto cached = take_cached(open_tasks(tasks)); !cached) return cached.error();
  const auto open = open_tasks(tasks);
  std::vector<Write> writes;
  for (const Task* task : open) writes.push_back({task->item, {{}, task->lease->fence}, task->key});
  for (std::size_t s = 0; s < ports_.stores.size() && !open.empty(); ++s) {
    auto kept =
        traced("store put", *ports_.stores[s], [&] { return ports_.stores[s]->put(writes, {}); });
    if (!kept) return kept.error();
    for (std::size_t i = 0; i < open.size(); ++i) {
      if ((*kept)[i] == Kept::kFenced) return lost_lock(*ports_.stores[s]);
      if (s == 0) open[i]->finish(OutcomeKind::kSuccess, (*kept)[i]);
    }
  }
  auto remembered = cache.put(results_of(open), policy_.result_ttl, {});
  if (!remembered) return remembered.error();
  if (auto released = cache.unlock(leases_of(tasks), {}); !released) return released.error();
  return {};
}

void Run::apart(std::span<Task*> tasks) {
  if (!look_up(tasks)) return;
  take_locks(tasks);
  if (look_up(tasks)) write_apart(tasks);
  release(tasks);
}

/// Finishes tasks whose result is cached; false where the cache is away and all have failed.
bool Run::look_up(std::span<Task* const> tasks) {
  const auto open = open_tasks(tasks);
  auto known = guard_.run(ports_.cache->name(), options_, [&] { return take_cached(open); });
  if (known) return true;
  for (Task* task : open) task->finish(OutcomeKind::kFailed, Kept::kUnchanged, known.error());
  return false;
}

Result<void> Run::take_cached(std::span<Task* const> tasks) {
  std::vector<std::string> keys;
  for (const Task* task : tasks) keys.push_back(result_key(task->key));
  auto cached = ports_.cache->get(keys, options_);
  if (!cached) return cached.error();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto kept = (*cached)[i] ? read_kept(*(*cached)[i]) : std::nullopt;
    if (!kept) continue;
    tasks[i]->outcome.cached = true;
    tasks[i]->finish(OutcomeKind::kSuccess, *kept);
  }
  return {};
}

/// Those that are left: the lock of the first of them is somebody else's.
Result<std::span<Task*>> Run::lock_some(std::span<Task*> tasks) {
  std::vector<std::string> keys;
  for (const Task* task : tasks) keys.push_back(lock_key(task->item->document.id));
  auto leases = ports_.cache->lock(keys, policy_.lease, options_);
  if (!leases) return leases.error();
  for (std::size_t i = 0; i < leases->size(); ++i) tasks[i]->lease = std::move((*leases)[i]);
  return tasks.subspan(leases->size());
}

/// In the order of ids, so that two batches never wait for each other in a circle.
void Run::take_locks(std::span<Task* const> tasks) {
  const observe::ScopedSpan span("saga lock");
  auto open = open_tasks(tasks);
  std::ranges::sort(open, {}, [](const Task* task) { return task->item->document.id; });
  const auto until = clock_.steady() + policy_.lock_wait;
  for (std::span<Task*> rest = open; !rest.empty();) {
    auto waiting = guard_.run(ports_.cache->name(), options_, [&] { return lock_some(rest); });
    if (!waiting) {
      for (Task* task : rest) task->finish(OutcomeKind::kFailed, Kept::kUnchanged, waiting.error());
      return;
    }
    rest = *waiting;
    if (rest.empty()) return;
    if (clock_.steady() >= until) {
      rest[0]->finish(OutcomeKind::kFailed, Kept::kUnchanged, held_by_other(*rest[0]));
      rest = rest.subspan(1);
    } else {
      guard_.sleep(kLockPoll);
    }
  }
}

void Run::write_apart(std::span<Task*> all) {
  auto tasks = open_tasks(all);
  if (tasks.empty()) return;
  const std::string operation = to_hex(random_bytes(16));
  if (auto begun = begin(tasks, operation); !begun) {
    for (Task* task : tasks) {
      task->finish(OutcomeKind::kFailed, Kept::kUnchanged, begun.error());
    }
    return;
  }
  std::vector<Leg> legs;
  for (Store* store : ports_.stores) legs.push_back({store, {}, {}, false});
  put_everywhere(legs, tasks, operation);

  const auto broken =
      std::ranges::find_if(legs, [](const Leg& leg) { return leg.error.has_value(); });
  if (broken == legs.end()) return succeed(tasks, legs, operation);
  const Error error = *broken->error;
  take_back(tasks, legs, operation, error);
  const bool clean = std::ranges::all_of(
      tasks, [](const Task* task) { return task->outcome.kind != OutcomeKind::kPartial; });
  if (tasks.size() > 1 && clean && !error.retryable()) {
    // One bad document must not take the others with it.
    for (Task*& task : tasks) {
      task->done = false;
      write_apart({&task, 1});
    }
  }
}

/// In the journal, and nothing half is left of an earlier holder of these locks.
Result<void> Run::begin(std::span<Task* const> tasks, const std::string& operation) {
  SagaEntry entry{operation, {}};
  for (const Task* task : tasks) entry.items.push_back({task->item->document.id, task->key});
  auto before = journal_.begin(entry, options_);
  if (!before) return before.error();
  Resumed resumed;
  for (const SagaEntry& earlier : *before) {
    auto whole = recover(ports_, policy_, journal_, earlier, resumed);
    if (whole) continue;
    static_cast<void>(journal_.end({&operation, 1}, {}));
    return Error{ErrorKind::kUnavailable,
                 whole.error().what + "; an earlier write of document " +
                     escape_control(entry.items.front().document_id) + " is unfinished until then",
                 whole.error().upstream};
  }
  return {};
}

void Run::put_everywhere(std::vector<Leg>& legs, std::span<Task* const> tasks,
                         const std::string& operation) {
  std::vector<Write> writes;
  for (const Task* task : tasks) {
    writes.push_back({task->item, {operation, task->lease->fence}, task->key});
  }
  std::vector<std::jthread> others;  // joined at the end of this function
  for (std::size_t i = 1; i < legs.size(); ++i) {
    others.emplace_back([this, &leg = legs[i], &writes, from = observe::here()] {
      const observe::Adopt adopt(from);
      put(leg, writes);
    });
  }
  put(legs[0], writes);
}

void Run::put(Leg& leg, std::span<const Write> writes) {
  bool timed_out = false;
  auto kept = guard_.run(
      leg.store->name(), options_,
      [&] {
        return traced("store put", *leg.store, [&] { return leg.store->put(writes, options_); });
      },
      &timed_out);
  if (!kept) {
    leg.error = kept.error();
    // No answer is neither yes nor no: look. The undo that follows bars a write that is late.
    leg.written = timed_out;
    if (timed_out && arrived(*leg.store, writes, leg)) leg.error.reset();
    return;
  }
  leg.kept = std::move(*kept);
  leg.written = true;
  if (std::ranges::find(leg.kept, Kept::kFenced) != leg.kept.end()) {
    leg.error = lost_lock(*leg.store);
  }
}

/// True where the store turns out to hold every write, or something that outranks it.
bool Run::arrived(Store& store, std::span<const Write> writes, Leg& leg) {
  std::vector<std::string> ids;
  for (const Write& write : writes) ids.push_back(write.item->document.id);
  const CallOptions anyway;  // the caller's time may be over; the truth is still needed
  auto stamps = store.look(ids, anyway);
  if (!stamps) return false;
  std::vector<Kept> kept;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Stamp& stamp = (*stamps)[i];
    if (!stamp.present) return false;
    if (stamp.hash == writes[i].hash) {
      kept.push_back(stamp.tag.operation == writes[i].tag.operation ? Kept::kWritten
                                                                    : Kept::kUnchanged);
    } else if (stamp.version > writes[i].item->document.version || stamp.purged) {
      kept.push_back(Kept::kStale);
    } else {
      return false;
    }
  }
  leg.kept = std::move(kept);
  return true;
}

void Run::succeed(std::span<Task* const> tasks, const std::vector<Leg>& legs,
                  const std::string& operation) {
  std::vector<WriteRef> refs;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    Task& task = *tasks[i];
    task.finish(OutcomeKind::kSuccess, legs[0].kept[i]);
    refs.push_back({task.item->document.id, operation});
  }
  const auto results = results_of(tasks);
  // Without the cached result the same write is only done again, and every store says unchanged.
  auto told = guard_.run(ports_.cache->name(), options_,
                         [&] { return ports_.cache->put(results, policy_.result_ttl, options_); });
  // An entry that stays is found complete by resume(), which repeats these steps.
  if (told) settler_.add(operation, std::move(refs));
}

void Run::take_back(std::span<Task* const> tasks, std::vector<Leg>& legs,
                    const std::string& operation, const Error& error) {
  const CallOptions anyway;
  std::vector<WriteRef> refs;
  for (const Task* task : tasks) refs.push_back({task->item->document.id, operation});
  const bool any = std::ranges::any_of(legs, [](const Leg& leg) { return leg.written; });
  for (Task* task : tasks) {
    task->finish(any ? OutcomeKind::kRolledBack : OutcomeKind::kFailed, Kept::kUnchanged, error);
  }
  bool clean = true;
  for (const Leg& leg : legs) {
    if (!leg.written) continue;
    auto undone = guard_.run(leg.store->name(), anyway, [&] {
      return traced("store undo", *leg.store, [&] { return leg.store->undo(refs, anyway); });
    });
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      std::optional<Error> why;
      if (!undone) {
        why = undone.error();
      } else if ((*undone)[i] == Undone::kFinal) {
        why = Error{ErrorKind::kConflict, std::string(leg.store->name()) +
                                              ": a purge has no way back; it must be completed"};
      }
      if (!why) continue;
      if (!undone) clean = false;
      auto problem = bury(leg, *tasks[i], operation, *why);
      Error told = error;
      told.what += "; and undoing failed: " + why->what;
      if (problem) told.what += "; and its dead letter failed: " + problem->what;
      tasks[i]->finish(OutcomeKind::kPartial, Kept::kUnchanged, std::move(told));
    }
  }
  // What could not be undone stays in the log: resume() tries again.
  if (clean) static_cast<void>(journal_.end({&operation, 1}, anyway));
}

std::optional<Error> Run::bury(const Leg& leg, const Task& task, const std::string& operation,
                               const Error& why) {
  DeadLetter letter;
  letter.id =
      "undo:" + operation + ":" + std::string(leg.store->name()) + ":" + task.item->document.id;
  letter.kind = "undo";
  letter.source = task.item->document.source;
  letter.subject = task.item->document.id;
  letter.reason = why.what;
  letter.upstream = why.upstream;
  auto added = ports_.dead_letters->add(letter, {});
  if (!added) return added.error();
  return std::nullopt;
}

void Run::release(std::span<Task* const> tasks) {
  const auto leases = leases_of(tasks);
  if (leases.empty()) return;
  // Where this fails the leases run out by themselves.
  static_cast<void>(
      guard_.run(ports_.cache->name(), {}, [&] { return ports_.cache->unlock(leases, {}); }));
}

}  // namespace gantry::stores::saga
