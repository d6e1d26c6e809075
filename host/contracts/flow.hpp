#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "host/base/durable.hpp"
#include "host/base/json.hpp"
#include "host/contracts/ingestion.hpp"

namespace gantry {

/// What polling, streaming and batch files have in common: a flow brings a source's records in
/// page by page, stages each page durably, and only then moves its cursor. Everything a flow needs
/// is in its input, so that replay and continue-as-new never read configuration.

/// How much one call may hand over before the host says STOP. Checked at checkpoints: what lies
/// between two of them is never cut in half.
struct Budget {
  std::uint32_t records_max = 1'000;
  std::uint64_t bytes_max = std::uint64_t{16} << 20U;

  bool operator==(const Budget&) const = default;
};

/// How a flow runs; `reconfigure` replaces the whole of it.
struct FlowSettings {
  /// kAuto: a file's and a stream's records go in batches; a poll's single record runs in the
  /// polling workflow itself, up to kChildrenInFlightMax have a child each, more go in batches.
  Fanout fanout = Fanout::kAuto;
  Placement placement;
  std::string priority = "normal";
  std::chrono::milliseconds interval{
      900'000};  ///< Polling: from the start of one poll to the next.
  Budget budget;
  /// Streaming: how long one collection waits for its records.
  std::chrono::milliseconds wait{30'000};

  bool operator==(const FlowSettings&) const = default;
};

enum class FlowState {
  kRunning,
  kPaused,       ///< An operator said so; `resume` goes on.
  kReauth,       ///< The vendor refused the credentials; `resume` or `reconfigure` tries again.
  kRateLimited,  ///< The vendor said wait; goes on by itself at next_poll.
  kFailed,       ///< Configuration or connector at fault; tried again at next_poll.
  kFinished,     ///< The stream ended, or the flow was told to stop.
};

/// The state as one word: "running", "rate_limited", … [any-thread]
std::string_view to_string(FlowState state) noexcept;

/// Answer of `get_stats` of a polling or streaming workflow, and its result. It is also what the
/// next run of the workflow begins with.
struct FlowStats {
  std::string source;
  std::int64_t iteration = 0;        ///< Calls to fetch or collect that were begun.
  std::int64_t total_processed = 0;  ///< Records that are in the stores.
  std::int64_t failed = 0;           ///< Calls that failed for good.
  std::int64_t dead_letters = 0;     ///< Records and pieces of input that were given up on.
  std::string cursor;                ///< The plugin's own bytes; in JSON as cursor_text says.
  FlowState state = FlowState::kRunning;
  std::string last_error;    ///< Of the last call that failed; empty after a success.
  std::string last_success;  ///< RFC 3339; empty before the first.
  std::string next_poll;     ///< RFC 3339; empty while a call is under way or nothing is planned.

  bool operator==(const FlowStats&) const = default;
};

/// What a flow carries into its next run besides the stats.
struct FlowProgress {
  FlowStats stats;
  bool paused = false;
  bool poll_now = false;    ///< A signal that was not acted on yet.
  bool stop = false;        ///< The same for `stop`.
  int failures_in_row = 0;  ///< Decides the next back-off.
  std::string ack;          ///< Streaming: stored, but the vendor was not told yet.
};

/// Why a call ended before its input did. Empty category: it did not.
struct Interruption {
  std::string category;  ///< The ABI status by name: "RATE_LIMITED", "NOT_CONNECTED".
  std::string code;      ///< The vendor's.
  std::string message;
  std::chrono::milliseconds retry_after{0};

  bool operator==(const Interruption&) const = default;
};

/// What one call brought: records that are durable in staging, and the cursor that covers them. It
/// is also what a long call reports with each heartbeat, so that a second try goes on from there.
struct RecordPage {
  std::vector<RecordRef> records;
  int dead_letters = 0;
  std::string cursor;  ///< The input's where nothing moved.
  bool more = false;   ///< Call again at once.
  bool ended = false;  ///< Nothing will ever come: end of file, end of stream.
  Interruption interruption;
  /// The rollout's percentage on the host that made the page: which records go the direct way. It
  /// travels here, so that a replay decides as the run did; older histories have none.
  int rollout = 100;
};

/// A cursor as JSON and logs show it: itself where it is UTF-8, else "base64:…". [any-thread]
std::string cursor_text(std::string_view cursor);
/// The inverse. Text that is no base64 after "base64:" is taken as it stands.
std::string cursor_from_text(std::string_view text);

/// A call of a flow, and what its connector's error codes mean to us.
inline constexpr std::string_view kCursorCode = "CURSOR";  ///< DATA: the cursor is not understood.

/// Rounds after which a flow continues as new, and events that no run may reach: a page is only
/// begun below the second, and adds less than the difference to 10,000.
inline constexpr std::int64_t kRoundsPerRun = 100;
inline constexpr std::uint32_t kHistoryEventsMax = 4'000;
/// With a child for each record a page holds no more than this, whatever the budget says.
inline constexpr std::uint32_t kRecordFanoutPageMax = 500;

/// A vendor's Retry-After counts up to here.
inline constexpr std::chrono::milliseconds kRetryAfterMax = std::chrono::minutes{15};

#define GANTRY_JSON(Type)                 \
  void to_json(Json& out, const Type& v); \
  void from_json(const Json& in, Type& v)
GANTRY_JSON(Budget);
GANTRY_JSON(FlowSettings);
GANTRY_JSON(FlowState);
GANTRY_JSON(FlowStats);
GANTRY_JSON(FlowProgress);
GANTRY_JSON(Interruption);
GANTRY_JSON(RecordPage);
#undef GANTRY_JSON

/// Signals without an argument take anything, so that every tool can send them.
inline constexpr SignalType<std::monostate> kPollNow{"poll_now"};
inline constexpr SignalType<std::monostate> kPause{"pause"};
/// Ends pause and reauth, and tries at once.
inline constexpr SignalType<std::monostate> kResume{"resume"};
/// Finishes the page in hand, then completes with the FlowStats as result.
inline constexpr SignalType<std::monostate> kStop{"stop"};
/// New settings from the next call on; ends reauth, and tries at once after a failure.
inline constexpr SignalType<FlowSettings> kReconfigure{"reconfigure"};

inline constexpr QueryType<FlowStats> kGetStats{"get_stats"};
/// The settings in force: what `reconfigure` would replace.
inline constexpr QueryType<FlowSettings> kGetSettings{"get_settings"};

}  // namespace gantry
