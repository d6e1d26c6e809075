#include "host/ingress/files/readiness.hpp"

#include <algorithm>
#include <utility>

#include "host/ingress/files/names.hpp"

namespace gantry::files {

std::vector<ReadyFile> Readiness::look(const std::vector<Entry>& entries,
                                       std::chrono::steady_clock::time_point now) {
  std::map<std::string, std::string> markers;
  std::map<std::string, std::uint64_t> temporaries;
  for (const Entry& entry : entries) {
    const std::string stem(without_suffix(entry.name));
    if (is_marker(entry.name)) markers.emplace(stem, entry.name);
    if (is_temporary(entry.name)) temporaries.emplace(stem, entry.inode);
  }

  std::map<std::string, Seen> seen;
  std::vector<ReadyFile> ready;
  for (const Entry& entry : entries) {
    if (is_marker(entry.name) || is_temporary(entry.name)) continue;
    Seen now_seen{entry, now, false};
    if (const auto before = seen_.find(entry.name); before != seen_.end()) {
      now_seen.renamed = before->second.renamed && before->second.entry.inode == entry.inode;
      if (before->second.entry == entry) now_seen.since = before->second.since;
    }
    if (const auto was = temporaries_.find(entry.name); was != temporaries_.end()) {
      now_seen.renamed |= was->second == entry.inode;
    }

    // "loads.csv" is announced by "loads.csv.done" or by "loads.done".
    auto marker = markers.find(entry.name);
    if (marker == markers.end()) marker = markers.find(std::string(without_suffix(entry.name)));

    if (counts(config::FileReady::kMarker) && marker != markers.end()) {
      ready.push_back({entry, marker->second});
    } else if (rule_ == config::FileReady::kRename ||
               (counts(config::FileReady::kRename) && now_seen.renamed) ||
               (counts(config::FileReady::kStable) && now - now_seen.since >= stable_for_)) {
      ready.push_back({entry, {}});
    }
    // What is ready stays known: a claim that failed is tried at the next look.
    seen.emplace(entry.name, std::move(now_seen));
  }
  seen_ = std::move(seen);
  temporaries_ = std::move(temporaries);
  return ready;
}

std::optional<std::chrono::steady_clock::time_point> Readiness::next() const {
  if (!counts(config::FileReady::kStable) || seen_.empty()) return std::nullopt;
  const auto first = std::min_element(
      seen_.begin(), seen_.end(),
      [](const auto& left, const auto& right) { return left.second.since < right.second.since; });
  return first->second.since + stable_for_;
}

}  // namespace gantry::files
