#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/stores/saga/journal.hpp"
#include "host/stores/saga/saga.hpp"

namespace gantry::stores::saga {

/// Makes answered sagas final behind their callers' backs: nobody waits for a store to forget its
/// way back, and what ends within the policy's `gather` goes into one call together.
///
/// What cannot be made final stays in the saga log: resume() finds it complete. [any-thread]
class Settler {
 public:
  /// Ports and journal outlive it.
  Settler(const SagaPorts& ports, const SagaPolicy& policy, Journal& journal);
  ~Settler();  ///< Gives what still waits one try of at most 5 s.
  Settler(const Settler&) = delete;
  Settler& operator=(const Settler&) = delete;

  /// An operation whose writes are in all stores and whose results are cached.
  void add(std::string operation, std::vector<WriteRef> refs);
  /// Gathers no longer; returns when nothing waits. [blocking]
  void drain();

 private:
  struct Ended {
    std::string operation;
    std::vector<WriteRef> refs;
  };

  void run();
  bool settle(const std::deque<Ended>& batch, const CallOptions& options) const;

  const SagaPorts& ports_;
  const std::chrono::milliseconds gather_;
  Journal& journal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Ended> waiting_;
  std::size_t waiting_refs_ = 0;
  std::size_t drains_ = 0;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gantry::stores::saga
