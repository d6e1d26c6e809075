#include "host/stores/saga/guard.hpp"

#include <thread>

#include "host/base/assert.hpp"

namespace gantry::stores::saga {

Guard::Guard(const SagaPorts& ports, const SagaPolicy& policy, const Clock& clock, Sleep sleep)
    : policy_(policy),
      clock_(clock),
      sleep_(sleep ? std::move(sleep)
                   : [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }) {
  for (const Store* store : ports.stores) {
    breakers_.emplace(store->name(), std::make_unique<Breaker>(policy_.stores, clock_));
  }
  breakers_.emplace(ports.cache->name(), std::make_unique<Breaker>(policy_.cache, clock_));
}

Breaker& Guard::find(std::string_view name) const {
  const auto found = breakers_.find(name);
  GANTRY_ASSERT(found != breakers_.end());
  return *found->second;
}

BreakerState Guard::state(std::string_view name) const {
  const auto found = breakers_.find(name);
  return found == breakers_.end() ? BreakerState::kClosed : found->second->state();
}

bool Guard::pause(std::size_t attempt, const CallOptions& options) const {
  if (attempt >= policy_.retries.size()) return false;
  const auto time = policy_.retries[attempt];
  if (options.deadline && clock_.steady() + time >= *options.deadline) return false;
  sleep_(time);
  return true;
}

std::optional<Error> Guard::stopped(const CallOptions& options, std::string_view name) const {
  if (options.cancelled && options.cancelled()) {
    return Error{ErrorKind::kCancelled, std::string(name) + ": the caller gave up"};
  }
  if (options.deadline && clock_.steady() >= *options.deadline) {
    // Nothing was sent, so nothing is unknown: not a time-out of the store.
    return Error{ErrorKind::kUnavailable, std::string(name) + ": no time left"};
  }
  return std::nullopt;
}

void Guard::note(Breaker& breaker, const Error& error, bool* timed_out) {
  switch (error.kind) {
    case ErrorKind::kTimeout:
      if (timed_out != nullptr) *timed_out = true;
      [[fallthrough]];
    case ErrorKind::kUnavailable:
    case ErrorKind::kExhausted:
    case ErrorKind::kInternal:
    case ErrorKind::kDenied:
      breaker.failed();
      return;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kCancelled:
    case ErrorKind::kUnsupported:
      breaker.succeeded();  // it answered: the input is at fault, not the store
      return;
  }
}

Error Guard::named(std::string_view name, const Error& error) {
  return {error.kind, std::string(name) + ": " + error.what, error.upstream};
}

Error Guard::is_open(std::string_view name) {
  return {ErrorKind::kUnavailable,
          std::string(name) + ": its breaker is open after repeated failures"};
}

}  // namespace gantry::stores::saga
