#include "host/temporal/workflow/scope.hpp"

#include <stdexcept>
#include <utility>

#include "host/temporal/workflow/run.hpp"

namespace gantry::temporal::workflow {

namespace detail {

ScopePtr Scope::make_under(const ScopePtr& parent) {
  auto scope = std::make_shared<Scope>();
  scope->cancelled_ = parent->cancelled_;
  scope->reason_ = parent->reason_;
  if (!parent->cancelled_) parent->add(*scope);
  return scope;
}

ScopePtr Scope::make_shielded() { return std::make_shared<Scope>(); }

void Scope::add(Cancellable& member) {
  member.scope_ = shared_from_this();
  members_.push_back(member);
}

void Scope::remove(Cancellable& member) noexcept {
  member.unlink();
  member.scope_.reset();
}

void Scope::cancel(const std::string& reason) {
  if (cancelled_) return;
  const auto self = shared_from_this();  // The last member may hold the last reference.
  cancelled_ = true;
  reason_ = reason;
  while (members_.linked()) {
    auto& member = static_cast<Cancellable&>(*members_.next);
    member.unlink();
    member.cancelled();
  }
}

namespace {

Strand& running_strand() {
  Strand* strand = running().scheduler().current();
  if (strand == nullptr) {
    throw std::logic_error("a cancellation scope may only be used while the workflow's code runs");
  }
  return *strand;
}

}  // namespace

ScopePtr open_scope(Reach reach) {
  if (running().silent()) return Scope::make_shielded();
  switch (reach) {
    case Reach::kInherited:
      return Scope::make_under(running_strand().scope);
    case Reach::kShielded:
      return Scope::make_shielded();
  }
  return nullptr;
}

Inside::Inside(ScopePtr scope)
    : strand_(running_strand()), outer_(std::exchange(strand_.scope, std::move(scope))) {}

Inside::~Inside() { strand_.scope = std::move(outer_); }

bool cancels_me(const Failure& failure) {
  return is_cancellation(failure) && running_strand().scope->is_cancelled();
}

}  // namespace detail

void CancellationScope::cancel(const std::string& reason) const {
  detail::Run& run = detail::running();
  run.mutating("cancel a scope");
  if (!run.silent()) scope_->cancel(reason);
}

bool CancellationScope::cancelled() const noexcept { return scope_->is_cancelled(); }

}  // namespace gantry::temporal::workflow
