#include "host/activities/workbench.hpp"

namespace gantry::activities {
namespace {

std::size_t bytes_of(const Work& work) {
  std::size_t bytes = 256;
  if (work.parsed) {
    bytes += work.parsed->text.size() + work.parsed->chunks.size() * sizeof(pipeline::Chunk);
  }
  if (work.entities) {
    for (const auto& entity : *work.entities) {
      bytes += sizeof entity + entity.text.size() + entity.value.size();
    }
  }
  if (work.embeddings) {
    bytes += work.embeddings->vectors.size() * work.embeddings->dimension * sizeof(float);
  }
  return bytes;
}

}  // namespace

Work Workbench::find(std::string_view key) const {
  std::shared_ptr<const Work> work;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) work = found->second->work;
  }
  return work ? *work : Work{};
}

void Workbench::keep(std::string_view key, const Work& work) {
  Work merged = find(key);
  if (work.parsed) merged.parsed = work.parsed;
  if (work.entities) merged.entities = work.entities;
  if (work.embeddings) merged.embeddings = work.embeddings;
  if (work.invalid) merged.invalid = work.invalid;
  const std::size_t bytes = bytes_of(merged);
  if (bytes > bytes_max_ / 4) return;

  forget(key);
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(key)) return;
  entries_.push_front({std::string(key), std::make_shared<const Work>(std::move(merged)), bytes});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > bytes_max_) drop_oldest_locked();
}

void Workbench::forget(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto entry = found->second;
  bytes_ -= entry->bytes;
  by_key_.erase(found);
  entries_.erase(entry);
}

void Workbench::drop_oldest_locked() {
  bytes_ -= entries_.back().bytes;
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

}  // namespace gantry::activities
