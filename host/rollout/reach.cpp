#include "host/rollout/reach.hpp"

#include <utility>

namespace gantry::rollout {

bool Reach::failed(Time now) {
  const std::lock_guard lock(mutex_);
  if (!since_) since_ = now;
  if (!is_away(now)) return false;
  next_ = now + pause_;
  return !std::exchange(told_, true);
}

bool Reach::answered() {
  const std::lock_guard lock(mutex_);
  since_.reset();
  return std::exchange(told_, false);
}

bool Reach::away(Time now) const {
  const std::lock_guard lock(mutex_);
  return is_away(now);
}

bool Reach::ask(Time now) {
  const std::lock_guard lock(mutex_);
  if (!is_away(now)) return true;
  if (now < next_) return false;
  next_ = now + pause_;
  return true;
}

}  // namespace gantry::rollout
