#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "host/stores/saga/saga.hpp"

namespace gantry::stores::saga {

/// Counts the borders of all calls to all ports, and ends the process by SIGKILL at the one asked
/// for.
class Steps {
 public:
  explicit Steps(long kill_at) : kill_at_(kill_at) {}
  void pass() {
    if (passed_++ == kill_at_) ::kill(::getpid(), SIGKILL);
  }
  long passed() const { return passed_; }

 private:
  const long kill_at_;
  std::atomic<long> passed_{0};
};

/// A border before and after one call.
class Border {
 public:
  explicit Border(Steps& steps) : steps_(steps) { steps_.pass(); }
  ~Border() { steps_.pass(); }
  Border(const Border&) = delete;
  Border& operator=(const Border&) = delete;

 private:
  Steps& steps_;
};

class SteppedStore final : public Store {
 public:
  SteppedStore(Store& inner, Steps& steps) : inner_(inner), steps_(steps) {}
  std::string_view name() const override { return inner_.name(); }
  Result<std::vector<Kept>> put(std::span<const Write> writes, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.put(writes, o);
  }
  Result<std::vector<Stamp>> look(std::span<const std::string> ids,
                                  const CallOptions& o) const override {
    const Border border(steps_);
    return inner_.look(ids, o);
  }
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.undo(refs, o);
  }
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.settle(refs, o);
  }

 private:
  Store& inner_;
  Steps& steps_;
};

class SteppedCache final : public Cache {
 public:
  SteppedCache(Cache& inner, Steps& steps) : inner_(inner), steps_(steps) {}
  std::string_view name() const override { return inner_.name(); }
  Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                      const CallOptions& o) const override {
    const Border border(steps_);
    return inner_.get(keys, o);
  }
  Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                   const CallOptions& o) override {
    const Border border(steps_);
    return inner_.put(entries, ttl, o);
  }
  Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                  std::chrono::milliseconds lease, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.lock(keys, lease, o);
  }
  Result<std::vector<bool>> unlock(std::span<const Lease> leases, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.unlock(leases, o);
  }

 private:
  Cache& inner_;
  Steps& steps_;
};

class SteppedLog final : public SagaLog {
 public:
  SteppedLog(SagaLog& inner, Steps& steps) : inner_(inner), steps_(steps) {}
  Result<void> begin(const SagaEntry& entry, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.begin(entry, o);
  }
  Result<void> end(std::span<const std::string> operations, const CallOptions& o) override {
    const Border border(steps_);
    return inner_.end(operations, o);
  }
  Result<std::vector<SagaEntry>> open(const CallOptions& o) const override {
    const Border border(steps_);
    return inner_.open(o);
  }

 private:
  SagaLog& inner_;
  Steps& steps_;
};

}  // namespace gantry::stores::saga
