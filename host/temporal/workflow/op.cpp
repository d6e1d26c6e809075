#include "host/temporal/workflow/op.hpp"

#include <stdexcept>
#include <utility>

#include "host/temporal/workflow/run.hpp"

namespace gantry::temporal::workflow::detail {

Op::~Op() { forget(); }

void Op::listen(Seq kind, std::uint32_t seq) {
  forget();
  kind_ = kind;
  seq_ = seq;
  listening_ = true;
  run_.listeners().emplace(Run::key(kind, seq), this);
}

void Op::forget() noexcept {
  if (std::exchange(listening_, false)) run_.listeners().erase(Run::key(kind_, seq_));
}

bool Op::enter_scope() {
  const Strand* strand = run_.scheduler().current();
  const ScopePtr& scope = strand != nullptr ? strand->scope : run_.scope();
  if (scope->is_cancelled()) {
    fail(cancelled_because(scope->reason()));
    return false;
  }
  scope->add(*this);
  return true;
}

void Op::resolve(Payload value) {
  if (done()) return;
  value_ = std::move(value);
  settle(State::kValue);
}

void Op::fail(FailurePtr failure) {
  if (done()) return;
  failure_ = std::move(failure);
  settle(State::kFailure);
}

void Op::settle(State state) {
  state_ = state;
  forget();
  Scope::remove(*this);
  if (waiter_ != nullptr) run_.scheduler().ready(*waiter_);
}

void Op::back_off(std::uint32_t, milliseconds, Instant) {
  throw std::logic_error("Core asked a step that is no local activity to back off");
}

FailurePtr cancelled_because(const std::string& reason) {
  return reason.empty() ? std::make_shared<Cancelled>() : std::make_shared<Cancelled>(reason);
}

bool op_done(const Op& op) noexcept { return op.done(); }

void op_cancel(Op& op) {
  Run& run = running();
  run.mutating("cancel a step");
  if (run.silent() || op.done()) return;
  op.unlink();
  op.cancelled();
}

bool OpAwaiter::await_ready() {
  op_->run_.require_current("await a step");
  if (op_->state_ == Op::State::kTaken) {
    throw std::logic_error("the result of this step was already taken by another co_await");
  }
  return op_->done();
}

void OpAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  if (op_->waiter_ != nullptr) throw std::logic_error("two coroutines await the same step");
  waiter_.handle = waiter;
  waiter_.strand = op_->run_.scheduler().current();
  op_->waiter_ = &waiter_;
}

OpAwaiter::~OpAwaiter() {
  if (op_->waiter_ == &waiter_) op_->waiter_ = nullptr;
}

Payload OpAwaiter::take() {
  if (op_->state_ == Op::State::kFailure) op_->failure_->raise();
  if (op_->shared_) return op_->value_;
  op_->state_ = Op::State::kTaken;
  return std::move(op_->value_);
}

}  // namespace gantry::temporal::workflow::detail
