#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/plugins/source.hpp"

namespace gantry::activities {

/// The feeds that this process holds open between activities, one per source, each with the cursor
/// at which it stands. Another process that takes a source over opens its own feed from the cursor
/// in the workflow; ours then stands elsewhere, and is closed when the source comes back.
/// [any-thread]
class FeedPool {
 public:
  struct Slot {
    std::timed_mutex mutex;                         ///< Held by the one call that uses the feed.
    std::shared_ptr<const plugins::Source> source;  // before the feed: outlives it
    std::unique_ptr<plugins::Feed> feed;
    std::string cursor;

    void close() {
      feed.reset();
      source.reset();
    }
  };

  /// The slot of a source, empty at first.
  std::shared_ptr<Slot> slot(std::string_view source);

  /// Closes every feed that no call uses. Before a reload or the end: a connector goes only after
  /// its feeds. [blocking]
  void close_all();

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
};

}  // namespace gantry::activities
