#include "host/stores/saga/journal.hpp"

#include <set>

namespace gantry::stores::saga {

Result<std::vector<SagaEntry>> Journal::begin(const SagaEntry& entry, const CallOptions& options) {
  if (auto loaded = load(options); !loaded) return loaded.error();
  if (auto begun = log_.begin(entry, options); !begun) return begun.error();
  const std::lock_guard lock(mutex_);
  std::set<std::uint64_t> numbers;
  for (const SagaItem& item : entry.items) {
    const auto [first, last] = of_document_.equal_range(item.document_id);
    for (auto at = first; at != last; ++at) numbers.insert(at->second);
  }
  std::vector<SagaEntry> before;
  for (const std::uint64_t number : numbers) before.push_back(entries_.at(number));
  remember(entry);
  return before;
}

Result<void> Journal::end(std::span<const std::string> operations, const CallOptions& options) {
  if (auto ended = log_.end(operations, options); !ended) return ended;
  const std::lock_guard lock(mutex_);
  for (const std::string& operation : operations) forget(operation);
  return {};
}

Result<std::vector<SagaEntry>> Journal::open(const CallOptions& options) const {
  return log_.open(options);
}

/// What a process before this one left.
Result<void> Journal::load(const CallOptions& options) {
  const std::lock_guard lock(mutex_);
  if (loaded_) return {};
  auto left = log_.open(options);
  if (!left) return left.error();
  for (const SagaEntry& entry : *left) remember(entry);
  loaded_ = true;
  return {};
}

void Journal::remember(const SagaEntry& entry) {
  const std::uint64_t number = ++begun_;
  entries_.emplace(number, entry);
  of_operation_.emplace(entry.operation, number);
  for (const SagaItem& item : entry.items) of_document_.emplace(item.document_id, number);
}

void Journal::forget(std::string_view operation) {
  const auto found = of_operation_.find(operation);
  if (found == of_operation_.end()) return;
  const std::uint64_t number = found->second;
  for (const SagaItem& item : entries_.at(number).items) {
    const auto [first, last] = of_document_.equal_range(item.document_id);
    for (auto at = first; at != last;)
      at = at->second == number ? of_document_.erase(at) : std::next(at);
  }
  entries_.erase(number);
  of_operation_.erase(found);
}

}  // namespace gantry::stores::saga
