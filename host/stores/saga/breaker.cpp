#include "host/stores/saga/breaker.hpp"

namespace gantry::stores::saga {

std::string_view to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "half-open";
  }
  return "unknown";
}

Breaker::Breaker(BreakerPolicy policy, const Clock& clock) : policy_(policy), clock_(clock) {}

bool Breaker::enter() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case BreakerState::kClosed:
      return true;
    case BreakerState::kOpen:
      if (clock_.steady() - opened_at_ < policy_.open_for) return false;
      state_ = BreakerState::kHalfOpen;
      opened_at_ = clock_.steady();
      return true;
    case BreakerState::kHalfOpen:
      // The probe that never came back must not keep the door shut for ever.
      if (clock_.steady() - opened_at_ < policy_.open_for) return false;
      opened_at_ = clock_.steady();
      return true;
  }
  return true;
}

void Breaker::succeeded() {
  const std::lock_guard lock(mutex_);
  // A call from before the opening that ends now proves nothing about the store of now.
  if (state_ == BreakerState::kOpen) return;
  if (state_ == BreakerState::kHalfOpen) failures_.clear();
  state_ = BreakerState::kClosed;
}

void Breaker::failed() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.steady();
  if (state_ == BreakerState::kHalfOpen) {
    state_ = BreakerState::kOpen;
    opened_at_ = now;
    return;
  }
  failures_.push_back(now);
  while (!failures_.empty() && now - failures_.front() > policy_.window) failures_.pop_front();
  if (failures_.size() >= policy_.failures && state_ == BreakerState::kClosed) {
    state_ = BreakerState::kOpen;
    opened_at_ = now;
    failures_.clear();
  }
}

BreakerState Breaker::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace gantry::stores::saga
