#include "host/observe/rate_limit.hpp"

namespace gantry::observe {
namespace {
constexpr std::size_t kKeysMax = 4096;
}

RateLimit::Verdict RateLimit::ask(const std::string& key,
                                  std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kKeysMax && !entries_.contains(key)) {
    std::erase_if(entries_, [&](const auto& entry) {
      return now - entry.second.since >= window_ && entry.second.silenced == 0;
    });
    if (entries_.size() >= kKeysMax) return {};
  }
  Entry& entry = entries_.try_emplace(key, Entry{now}).first->second;
  Verdict verdict;
  if (now - entry.since >= window_) {
    verdict.silenced = entry.silenced;
    entry = {now};
  }
  if (entry.passed < passes_max_) {
    ++entry.passed;
    return verdict;
  }
  ++entry.silenced;
  verdict.pass = false;
  return verdict;
}

std::vector<RateLimit::Silenced> RateLimit::take() {
  const std::lock_guard lock(mutex_);
  std::vector<Silenced> told;
  for (auto& [key, entry] : entries_) {
    if (entry.silenced > 0) told.push_back({key, entry.silenced});
    entry.silenced = 0;
  }
  return told;
}

}  // namespace gantry::observe
