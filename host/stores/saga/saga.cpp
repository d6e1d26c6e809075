#include "host/stores/saga/saga.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/observe/trace.hpp"
#include "host/stores/saga/recovery.hpp"
#include "host/stores/saga/run.hpp"

namespace gantry::stores::saga {
namespace {

/// The site that all stores and the cache share, or nullptr.
AtomicSite* common_site(const SagaPorts& ports) {
  AtomicSite* site = ports.cache->site();
  for (Store* store : ports.stores) {
    if (store->site() != site) return nullptr;
  }
  return site;
}

std::optional<Error> refuse(const IngestedDocument& item) {
  const Document& document = item.document;
  if (document.id.empty() || !is_utf8(document.id)) {
    return Error{ErrorKind::kInvalid, "a document needs an id in UTF-8"};
  }
  const auto metadata = parse_json(document.metadata);
  if (!metadata || !metadata->is_object()) {
    return Error{ErrorKind::kInvalid,
                 "metadata of " + escape_control(document.id) + " is not a JSON object"};
  }
  for (const pipeline::Vector& vector : item.embeddings.vectors) {
    if (vector.size() != item.embeddings.dimension) {
      return Error{ErrorKind::kInvalid, "vectors of " + escape_control(document.id) +
                                            " are not of their dimension " +
                                            std::to_string(item.embeddings.dimension)};
    }
  }
  return std::nullopt;
}

}  // namespace

struct Saga::Impl {
  Impl(SagaPorts ports_, SagaPolicy policy_, const Clock& clock_, Sleep sleep)
      : ports(std::move(ports_)),
        policy(std::move(policy_)),
        clock(clock_),
        guard(ports, policy, clock, std::move(sleep)),
        journal(*ports.log),
        settler(ports, policy, journal),
        site(common_site(ports)) {}

  bool resume_one(const SagaEntry& entry, Resumed& out);

  const SagaPorts ports;
  const SagaPolicy policy;
  const Clock& clock;
  Guard guard;
  Journal journal;
  Settler settler;
  AtomicSite* const site;
};

Saga::Saga(SagaPorts ports, SagaPolicy policy, const Clock& clock, Sleep sleep) {
  GANTRY_ASSERT(!ports.stores.empty() && ports.cache != nullptr && ports.log != nullptr &&
                ports.dead_letters != nullptr);
  impl_ = std::make_unique<Impl>(std::move(ports), std::move(policy), clock, std::move(sleep));
}

Saga::~Saga() = default;

std::vector<Outcome> Saga::write(std::span<const IngestedDocument> batch,
                                 const CallOptions& options) {
  observe::ScopedSpan span("saga write");
  span.set({"documents", batch.size()});
  std::vector<Task> tasks(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    tasks[i].item = &batch[i];
    tasks[i].outcome.document_id = batch[i].document.id;
    if (auto error = refuse(batch[i])) {
      tasks[i].finish(OutcomeKind::kFailed, Kept::kUnchanged, std::move(error));
    } else {
      tasks[i].key = idempotency_key(batch[i]);
    }
  }
  // In waves of distinct ids: a later version of a document waits for the earlier one.
  std::vector<Task*> rest;
  for (Task& task : tasks) {
    if (!task.done) rest.push_back(&task);
  }
  while (!rest.empty()) {
    std::vector<Task*> wave, later;
    std::unordered_set<std::string_view> ids;
    for (Task* task : rest) {
      (ids.insert(task->item->document.id).second ? wave : later).push_back(task);
    }
    Run run(impl_->ports, impl_->policy, impl_->clock, impl_->guard, impl_->journal, impl_->settler,
            options);
    if (impl_->site != nullptr) {
      run.together(*impl_->site, wave);
    } else {
      run.apart(wave);
    }
    rest = std::move(later);
  }
  std::vector<Outcome> out;
  out.reserve(tasks.size());
  for (Task& task : tasks) out.push_back(std::move(task.outcome));
  for (const Outcome& one : out) {
    if (one.kind != OutcomeKind::kSuccess) span.fail(to_string(one.kind));
  }
  return out;
}

Result<Resumed> Saga::resume(const CallOptions& options) {
  impl_->settler.drain();  // what this process is about to make final itself
  auto open = impl_->journal.open(options);
  if (!open) return open.error();
  Resumed out;
  for (const SagaEntry& entry : *open) {
    if (!impl_->resume_one(entry, out)) ++out.waiting;
  }
  return out;
}

bool Saga::Impl::resume_one(const SagaEntry& entry, Resumed& out) {
  // The locks of a saga that still runs are held: it needs no help.
  std::vector<std::string> keys;
  for (const SagaItem& item : entry.items) keys.push_back(lock_key(item.document_id));
  const auto leases = ports.cache->lock(keys, policy.lease, {});
  if (!leases) return false;
  const bool finished = leases->size() == entry.items.size() &&
                        recover(ports, policy, journal, entry, out).has_value();
  static_cast<void>(ports.cache->unlock(*leases, {}));
  return finished;
}

void Saga::drain() { impl_->settler.drain(); }

BreakerState Saga::breaker(std::string_view name) const { return impl_->guard.state(name); }

}  // namespace gantry::stores::saga
