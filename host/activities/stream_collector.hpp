#pragma once

#include "host/activities/feed_pool.hpp"
#include "host/activities/intake.hpp"
#include "host/contracts/streaming.hpp"

namespace gantry::activities {

/// `collect_stream_batch` and `ack_stream_batch`: a feed's next records into staging, and the word
/// to its vendor that earlier ones are stored.
///
/// NOT_CONNECTED closes the feed and is told in the page; the next collection opens another at its
/// cursor. A feed that was left at another place than the workflow's cursor is opened anew.
/// [any-thread] [blocking]
class StreamCollector {
 public:
  explicit StreamCollector(const FlowPorts& ports) : ports_(ports) {}

  plugins::PluginResult<RecordPage> collect(const CollectInput& input, const Try& attempt);
  plugins::PluginResult<void> ack(const AckInput& input, const Try& attempt);

  FeedPool& feeds() noexcept { return feeds_; }

 private:
  using Slot = FeedPool::Slot;

  /// The slot with an open feed at `cursor`.
  plugins::PluginResult<void> stand_at(Slot& slot, const std::string& source,
                                       const std::string& cursor, const Try& attempt) const;
  plugins::PluginResult<void> read(Slot& slot, const CollectInput& input, Intake& intake,
                                   const Try& attempt) const;

  const FlowPorts ports_;
  FeedPool feeds_;
};

}  // namespace gantry::activities
