#include "host/direct/board.hpp"

#include <algorithm>
#include <utility>

namespace gantry::direct {
namespace {

constexpr std::size_t kLostMax = 1'000;

}  // namespace

void Board::take(const std::string& job, const std::vector<std::string>& documents) {
  const std::lock_guard lock(mutex_);
  Entry& entry = jobs_[job];
  for (const auto& document : documents) {
    if (entry.documents.insert(document).second) documents_.emplace(document, job);
  }
}

void Board::put_off(const std::string& job, std::string reason) {
  const std::lock_guard lock(mutex_);
  Held& held = jobs_[job].held;
  ++held.tries;
  held.reason = std::move(reason);
}

void Board::ended(const std::string& job, const std::string& document) {
  const std::lock_guard lock(mutex_);
  jobs_[job].ended.insert(document);
}

bool Board::has_ended(const std::string& job, const std::string& document) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  return found != jobs_.end() && found->second.ended.contains(document);
}

void Board::finish(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  for (const auto& document : found->second.documents) {
    auto [at, end] = documents_.equal_range(document);
    at = std::find_if(at, end, [&](const auto& one) { return one.second == job; });
    if (at != end) documents_.erase(at);
  }
  jobs_.erase(found);
}

void Board::lost(const std::string& document, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (lost_.insert_or_assign(document, std::move(reason)).second) lost_order_.push_back(document);
  if (lost_order_.size() <= kLostMax) return;
  lost_.erase(lost_order_.front());
  lost_order_.pop_front();
}

std::optional<Held> Board::job(const std::string& job) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return std::nullopt;
  return found->second.held;
}

std::optional<Held> Board::document(const std::string& document) const {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(document);
  if (found == documents_.end()) return std::nullopt;
  return jobs_.at(found->second).held;
}

std::optional<std::string> Board::why_lost(const std::string& document) const {
  const std::lock_guard lock(mutex_);
  const auto found = lost_.find(document);
  if (found == lost_.end()) return std::nullopt;
  return found->second;
}

std::size_t Board::size() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::size_t Board::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(jobs_, [](const auto& one) { return one.second.held.tries > 0; }));
}

}  // namespace gantry::direct
