#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace gantry::observe {

/// Counts repeated lines: the first few of a window pass, the rest are only counted.
/// At most 4,096 keys are remembered; beyond that everything passes. [any-thread]
class RateLimit {
 public:
  RateLimit(int passes_max, std::chrono::nanoseconds window)
      : passes_max_(passes_max), window_(window) {}

  struct Verdict {
    bool pass = true;
    std::uint64_t silenced = 0;  ///< Lines of this key that were not written before this one.
  };
  Verdict ask(const std::string& key, std::chrono::steady_clock::time_point now);

  struct Silenced {
    std::string key;
    std::uint64_t count = 0;
  };
  /// What was silenced and not yet told; forgets it.
  std::vector<Silenced> take();

 private:
  struct Entry {
    std::chrono::steady_clock::time_point since;
    int passed = 0;
    std::uint64_t silenced = 0;
  };
  const int passes_max_;
  const std::chrono::nanoseconds window_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace gantry::observe
