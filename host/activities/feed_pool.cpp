#include "host/activities/feed_pool.hpp"

namespace gantry::activities {

std::shared_ptr<FeedPool::Slot> FeedPool::slot(std::string_view source) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(source);
  if (found != slots_.end()) return found->second;
  return slots_.emplace(std::string(source), std::make_shared<Slot>()).first->second;
}

void FeedPool::close_all() {
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots;
  {
    const std::lock_guard lock(mutex_);
    slots = slots_;
  }
  for (const auto& [source, slot] : slots) {
    const std::unique_lock busy(slot->mutex, std::try_to_lock);
    if (busy) slot->close();
  }
}

}  // namespace gantry::activities
