#pragma once

#include <exception>
#include <memory>

#include "host/temporal/workflow/calls.hpp"

/// Inside the runtime: who runs next. No protobuf here. [workflow]
namespace gantry::temporal::workflow::detail {

/// Who hears that a strand has ended.
class StrandOwner {
 public:
  /// `error` is what left its root task. The owner may destroy the strand.
  virtual void strand_ended(Strand& strand, std::exception_ptr error) = 0;

 protected:
  ~StrandOwner() = default;
};

class Scheduler;

/// One line of execution: a root task and the tasks it awaits. The body goes before the scope, so
/// that guards in its frames still find it.
struct Strand : Link {
  Strand(Scheduler& scheduler_, StrandOwner& owner_, ScopePtr scope_, Task<void> body_);

  Scheduler& scheduler;
  StrandOwner& owner;
  ScopePtr scope;
  Waiter start;
  Task<void> body;
};

/// First in, first out, one thread: ready strands run in order; then ONE wait whose predicate
/// holds becomes ready; and so on until all have yielded. One at a time, because what runs next
/// may change what the other predicates say.
class Scheduler {
 public:
  void ready(Waiter& waiter) noexcept { ready_.push_back(waiter); }
  void add(Condition& condition) noexcept {
    conditions_.push_back(static_cast<ConditionLink&>(condition));
  }
  void finished(Strand& strand) noexcept { finished_ = &strand; }

  void run_until_all_yielded();
  /// Nothing runs any more; `run_until_all_yielded` throws `error` where there is one.
  void stop(std::exception_ptr error = nullptr) noexcept;

  /// The running strand; null between steps.
  Strand* current() const noexcept { return current_; }

 private:
  void step(Waiter& waiter);
  bool wake_one();

  Link ready_;
  Link conditions_;
  Strand* current_ = nullptr;
  Strand* finished_ = nullptr;
  bool stopped_ = false;
  std::exception_ptr error_;
};

/// A node of the tree of cancellation scopes: holds what it would cancel, scopes included, in
/// the order of their making.
class Scope final : public Cancellable, public std::enable_shared_from_this<Scope> {
 public:
  static ScopePtr make_under(const ScopePtr& parent);
  static ScopePtr make_shielded();

  void add(Cancellable& member);
  static void remove(Cancellable& member) noexcept;
  void cancel(const std::string& reason);
  bool is_cancelled() const noexcept { return cancelled_; }
  const std::string& reason() const noexcept { return reason_; }
  void cancelled() override { cancel(scope_->reason_); }

 private:
  Link members_;
  bool cancelled_ = false;
  std::string reason_;
};

/// The run whose code is on this thread; null outside of an activation.
Run* current_run() noexcept;
/// The same, but code outside of a run is a mistake of the author: throws std::logic_error.
Run& running();

}  // namespace gantry::temporal::workflow::detail
