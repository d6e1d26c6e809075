#include "host/temporal/workflow/scheduler.hpp"

#include <utility>

#include "host/base/assert.hpp"
#include "host/temporal/workflow/run.hpp"

namespace gantry::temporal::workflow::detail {

Strand::Strand(Scheduler& scheduler_, StrandOwner& owner_, ScopePtr scope_, Task<void> body_)
    : scheduler(scheduler_), owner(owner_), scope(std::move(scope_)), body(std::move(body_)) {
  body.frame().promise().root_of = this;
  start.handle = body.frame();
  start.strand = this;
  scheduler.ready(start);
}

void strand_finished(Strand& strand) noexcept { strand.scheduler.finished(strand); }

void Scheduler::run_until_all_yielded() {
  do {
    while (!stopped_ && ready_.linked()) step(static_cast<Waiter&>(*ready_.next));
  } while (!stopped_ && wake_one());
  if (error_) std::rethrow_exception(error_);
}

void Scheduler::step(Waiter& waiter) {
  waiter.unlink();
  current_ = waiter.strand;
  waiter.handle.resume();
  current_ = nullptr;
  // A strand that ended is told on now, not from within its last frame, which its owner destroys.
  if (Strand* ended = std::exchange(finished_, nullptr)) {
    auto error = std::exchange(ended->body.frame().promise().error, nullptr);
    ended->owner.strand_ended(*ended, std::move(error));
  }
}

bool Scheduler::wake_one() {
  for (Link* at = conditions_.next; at != &conditions_; at = at->next) {
    auto& condition = static_cast<Condition&>(static_cast<ConditionLink&>(*at));
    const auto guard = running().reading("a wait's predicate");
    if (!condition.holds()) continue;
    static_cast<ConditionLink&>(condition).unlink();
    ready(condition.waiter_);
    return true;
  }
  return false;
}

void Scheduler::stop(std::exception_ptr error) noexcept {
  stopped_ = true;
  if (error && !error_) error_ = std::move(error);
}

bool Condition::ready() {
  Run& run = running();
  const auto* strand = run.scheduler().current();
  cancelled_ = strand != nullptr && strand->scope->is_cancelled();
  if (cancelled_) return true;
  const auto guard = run.reading("a wait's predicate");
  return holds();
}

void Condition::suspend(std::coroutine_handle<> waiter) {
  Run& run = running();
  Scheduler& scheduler = run.scheduler();
  waiter_.handle = waiter;
  waiter_.strand = scheduler.current();
  waiter_.strand->scope->add(*this);
  scheduler.add(*this);
}

void Condition::resume() {
  if (cancelled_) {
    const auto* strand = running().scheduler().current();
    const std::string& reason = strand->scope->reason();
    throw reason.empty() ? Cancelled() : Cancelled(reason);
  }
  Scope::remove(*this);
}

void Condition::cancelled() {
  // Already woken by its predicate in this activation: then that is how it ended.
  if (waiter_.linked()) return;
  cancelled_ = true;
  static_cast<ConditionLink&>(*this).unlink();
  waiter_.strand->scheduler.ready(waiter_);
}

}  // namespace gantry::temporal::workflow::detail
