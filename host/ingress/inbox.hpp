#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/contracts/delivery.hpp"
#include "host/ingress/log.hpp"
#include "host/observe/trace_context.hpp"

namespace rocksdb {
class Env;
}

namespace gantry::ingress {

/// Where a delivery is on its way.
enum class DeliveryState : std::uint8_t {
  kReceived = 0,  ///< Stored and answered; the dispatcher will start it.
  kStarted = 1,   ///< Its durable work exists.
  kDone = 2,      ///< Its records are in the stores.
  kDead = 3,      ///< Given up on; `reason` says why.
};

/// One delivery's way, for `gantry status`. Times not reached are absent.
struct DeliveryStatus {
  DeliveryState state = DeliveryState::kReceived;
  Instant received_at{};
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;
  /// Why it is dead; of one that the direct path did, what became of its records (JSON).
  std::string reason;
};

/// A delivery that waits for its start. `sequence` is the order of arrival.
struct PendingDelivery {
  std::uint64_t sequence = 0;
  std::string source;
  std::string id;
  std::optional<observe::TraceContext> trace = {};  ///< Where its trace goes on.
};

/// A delivery that left the waiting room, and where it stands.
struct KnownDelivery {
  std::uint64_t sequence = 0;
  std::string source;
  std::string id;
  DeliveryStatus status;
};

/// For metrics. Totals count since open().
struct InboxCounts {
  std::uint64_t pending = 0;
  std::chrono::nanoseconds oldest_pending_age{0};
  std::uint64_t stored = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t syncs = 0;  ///< Group commits; stored/syncs is the mean group.
  std::uint64_t failures = 0;
};

enum class AppendResult { kStored, kDuplicate };

/// Points of a commit where a test may kill the process. Production passes no probe.
enum class InboxStep { kBeforeWrite, kAfterSync };

struct InboxOptions {
  std::filesystem::path directory;       ///< Created if missing; one process at a time.
  std::chrono::hours retention{7 * 24};  ///< Done deliveries, and the memory of their ids.
  std::chrono::hours unfinished_retention{30 * 24};  ///< Started or dead ones, likewise.
  std::chrono::milliseconds sweep_interval{600'000};
  std::chrono::milliseconds recovery_interval{1'000};  ///< Between tries to write again.
  std::size_t queue_bytes_max = 16 * 1024 * 1024;  ///< Waiting for a commit; more is kExhausted.
  const Clock* clock = &system_clock();
  LogSink log;
  std::function<void(InboxStep)> probe;  ///< Tests only; runs on the commit thread.
  rocksdb::Env* env = nullptr;           ///< Tests only: a file system that fails. Outlives us.
};

/// The durable table of deliveries: each (source, id) is stored once, however often it is sent.
///
/// Appends from all threads are collected and share one fsync; the callback runs only after it.
/// What was reported stored survives SIGKILL and power loss. Marks are written in order but ride on
/// the next fsync: a mark lost with the power repeats an idempotent start.
///
/// A duplicate is known as long as its delivery is kept: `retention` after the arrival of one that
/// is done. A pending delivery is never removed.
class Inbox final : public DeliveryReader {
 public:
  using AppendDone = std::function<void(Result<AppendResult>)>;

  /// kConflict where another process has it open; kUnavailable where the disk refuses. [blocking]
  static Result<std::unique_ptr<Inbox>> open(InboxOptions options);
  /// Finishes the queued appends, then closes.
  ~Inbox() override;

  /// Calls `done` on the commit thread, which must not be blocked: kStored or kDuplicate after the
  /// fsync; kExhausted (queue or disk full) or kUnavailable where nothing may be promised; kInvalid
  /// for an empty source or id, one above 256 bytes, or a source with a NUL. The caller's place in
  /// a trace is kept with it. [any-thread]
  void append(Delivery delivery, AppendDone done);

  Result<Delivery> load(std::string_view source, std::string_view delivery_id) const override;
  /// kNotFound as for load(). [any-thread]
  Result<DeliveryStatus> status(std::string_view source, std::string_view delivery_id) const;

  /// Up to `limit` deliveries that wait for their start, in order of arrival, with a sequence above
  /// `after`. [any-thread]
  Result<std::vector<PendingDelivery>> pending(std::uint64_t after, std::size_t limit) const;

  /// Up to `limit` deliveries with a sequence above `after` that were started at least, in order of
  /// arrival. [any-thread]
  Result<std::vector<KnownDelivery>> known(std::uint64_t after, std::size_t limit) const;

  /// Moves a delivery on; returns when later reads see it. Going back (done to started) changes
  /// nothing. kNotFound for an unknown one. [blocking]
  Result<void> mark_started(std::string_view source, std::string_view delivery_id);
  /// `account`: kept as the reason of its status.
  Result<void> mark_done(std::string_view source, std::string_view delivery_id,
                         std::string_view account = {});
  Result<void> mark_dead(std::string_view source, std::string_view delivery_id,
                         std::string_view reason);

  /// `wake` runs on the commit thread after each commit that stored something; it must not block.
  /// With `from_start` deliveries of earlier sequences may be pending anew: a write that failed can
  /// still turn up when the store recovers. Empty to stop: when the call returns no wake is
  /// running. [any-thread]
  void on_stored(std::function<void(bool from_start)> wake);

  /// Removes what has passed its retention now; returns how many. Runs by itself every
  /// `sweep_interval`. [blocking]
  Result<std::uint64_t> sweep();

  InboxCounts counts() const;  // [any-thread]

 private:
  struct Impl;
  explicit Inbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::ingress
