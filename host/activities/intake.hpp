#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/contracts/flow.hpp"
#include "host/plugins/source.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/staging.hpp"

namespace gantry::activities {

/// Finds a configured source and keeps it from going away; null where conf.d has none of that name.
/// [any-thread]
using LeaseSource = std::function<std::shared_ptr<const plugins::Source>(std::string_view)>;

/// How long one call into a source's connector may take. [any-thread]
using CallTimeout = std::function<std::chrono::milliseconds(std::string_view)>;

/// What polls, streams and files work with. All outlive them.
struct FlowPorts {
  LeaseSource find_source;
  CallTimeout call_timeout;
  stores::Staging& staging;
  stores::DeadLetters& dead_letters;
  /// When the newest record of a stream's batch happened, once the batch is staged. May be empty.
  /// [any-thread]
  std::function<void(std::string_view source, Instant occurred_at)> on_newest = {};
};

/// The try of an activity, as far as a long call needs it. Empty functions do nothing.
struct Try {
  std::function<bool()> cancelled;
  /// Work got done. With a page: from here a second try can go on.
  std::function<void(const RecordPage* page)> progress;
  /// Waits, but not past cancellation.
  std::function<void(std::chrono::milliseconds)> pause;
  RecordPage resume;  ///< What the try before reported last; empty on the first.

  bool stop() const { return cancelled && cancelled(); }
  void beat(const RecordPage* page = nullptr) const {
    if (progress) progress(page);
  }
  plugins::CallScope scope(std::chrono::milliseconds timeout) const;
};

/// Brings the groups of one call into staging and keeps the page that the workflow gets: durable
/// first, referenced second. Rejected parts become dead letters with their bytes. For one thread.
class Intake {
 public:
  /// `subject` names the input of rejected parts to operators: a file, "poll".
  Intake(const FlowPorts& ports, std::string source, std::string subject, std::string cursor,
         const Try& attempt);

  plugins::TakeGroup take();

  RecordPage& page() noexcept { return page_; }
  std::size_t taken() const noexcept {
    return page_.records.size() + static_cast<std::size_t>(page_.dead_letters);
  }
  std::uint64_t bytes() const noexcept { return bytes_; }
  /// When the newest record that this call took happened; the epoch where none says.
  Instant newest() const noexcept { return newest_; }
  /// True where the page is worth returning although the call failed: the cursor moved.
  bool moved() const noexcept { return page_.cursor != begun_at_; }
  /// What of `budget` is left for the next call.
  plugins::CallBudget left_of(const Budget& budget) const;

  /// How a failed call ends: with the page and the reason where something is kept, else with the
  /// error. One that may succeed later is left to the next call, which meets it again.
  plugins::PluginResult<RecordPage> interrupted(const plugins::PluginError& error);

 private:
  Result<void> take(plugins::Group&& group);
  Result<void> bury(const plugins::Rejected& part);

  const FlowPorts& ports_;
  const std::string source_;
  const std::string subject_;
  const std::string begun_at_;
  const Try& try_;
  RecordPage page_;
  std::uint64_t bytes_ = 0;
  Instant newest_{};
};

/// The reason as a workflow reads it.
Interruption interruption_of(const plugins::PluginError& error);

/// kUnavailable: another host has it, or its conf.d file is gone.
plugins::PluginError no_source(std::string_view source);

}  // namespace gantry::activities
