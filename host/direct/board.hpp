#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"

namespace gantry::direct {

/// Work in the hands of the direct path.
struct Held {
  int tries = 0;       ///< That ended without success.
  std::string reason;  ///< Of the last of them.
};

/// What the direct path has in its hands, for `gantry status` and the reconciler: in memory alone,
/// for the inbox keeps the work itself. [any-thread]
class Board {
 public:
  /// `documents` as far as they are known. Keeps the tries of one that is there already.
  void take(const std::string& job, const std::vector<std::string>& documents);
  void put_off(const std::string& job, std::string reason);
  /// A document of a job is in the stores, though others of it may wait.
  void ended(const std::string& job, const std::string& document);
  bool has_ended(const std::string& job, const std::string& document) const;
  void finish(const std::string& job);
  /// Kept for a while, so that who waits for the document learns of its end.
  void lost(const std::string& document, std::string reason);

  std::optional<Held> job(const std::string& job) const;
  std::optional<Held> document(const std::string& document) const;
  std::optional<std::string> why_lost(const std::string& document) const;
  std::size_t size() const;
  /// Jobs that wait for another try.
  std::size_t waiting() const;

 private:
  struct Entry {
    Held held;
    std::set<std::string> documents;
    std::set<std::string> ended;
  };

  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, Entry> jobs_;
  std::multimap<std::string, std::string> documents_;  // → job
  std::map<std::string, std::string> lost_;
  std::deque<std::string> lost_order_;
};

}  // namespace gantry::direct
