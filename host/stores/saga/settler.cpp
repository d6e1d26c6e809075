#include "host/stores/saga/settler.hpp"

#include <algorithm>
#include <utility>

namespace gantry::stores::saga {
namespace {

constexpr std::size_t kRefsPerCall = 500;
/// Of a store that does not answer; more is left to resume().
constexpr std::size_t kRefsMax = 10'000;
constexpr std::chrono::seconds kLastTry{5};

}  // namespace

Settler::Settler(const SagaPorts& ports, const SagaPolicy& policy, Journal& journal)
    : ports_(ports), gather_(policy.gather), journal_(journal), thread_([this] { run(); }) {}

Settler::~Settler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Settler::add(std::string operation, std::vector<WriteRef> refs) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_refs_ + refs.size() > kRefsMax) return;
    waiting_refs_ += refs.size();
    waiting_.push_back({std::move(operation), std::move(refs)});
  }
  changed_.notify_all();
}

void Settler::drain() {
  std::unique_lock lock(mutex_);
  ++drains_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return waiting_.empty() && !busy_; });
  --drains_;
}

void Settler::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    changed_.wait_for(lock, gather_,
                      [this] { return stopping_ || drains_ > 0 || waiting_refs_ >= kRefsPerCall; });
    if (waiting_.empty()) return;
    std::deque<Ended> batch;
    for (std::size_t refs = 0; !waiting_.empty() && refs < kRefsPerCall; waiting_.pop_front()) {
      refs += waiting_.front().refs.size();
      batch.push_back(std::move(waiting_.front()));
    }
    for (const Ended& one : batch) waiting_refs_ -= one.refs.size();
    CallOptions options;
    if (stopping_) options.deadline = std::chrono::steady_clock::now() + kLastTry;
    busy_ = true;
    lock.unlock();
    const bool settled = settle(batch, options);
    lock.lock();
    busy_ = false;
    if (stopping_ && !settled) waiting_.clear();
    changed_.notify_all();
  }
}

bool Settler::settle(const std::deque<Ended>& batch, const CallOptions& options) const {
  std::vector<WriteRef> refs;
  std::vector<std::string> operations;
  for (const Ended& one : batch) {
    refs.insert(refs.end(), one.refs.begin(), one.refs.end());
    operations.push_back(one.operation);
  }
  return std::ranges::all_of(
             ports_.stores,
             [&](Store* store) { return store->settle(refs, options).has_value(); }) &&
         journal_.end(operations, options).has_value();
}

}  // namespace gantry::stores::saga
