#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host/base/clock.hpp"
#include "host/temporal/bridge/log.hpp"
#include "host/temporal/converter/convert.hpp"
#include "host/temporal/converter/failure.hpp"

namespace gantry::temporal::activity {

using std::chrono::milliseconds;

/// Why an activity should end early.
enum class CancelReason {
  kNone,
  kRequested,  ///< The workflow asked.
  kGone,       ///< The server no longer knows this try; its outcome is dropped.
  kTimedOut,
  kWorkerShutdown,  ///< The drain time is over; another worker tries again.
  kPaused,
  kReset,
};

/// The reason as one lower-case word. [any-thread]
std::string_view to_string(CancelReason reason) noexcept;

/// What one try of an activity knows about itself.
struct Info {
  std::string name_space;
  std::string task_queue;
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  std::string activity_id;
  std::string activity_type;
  int attempt = 1;
  bool local = false;
  Instant scheduled_at{};          ///< Of the first try.
  Instant attempt_scheduled_at{};  ///< Of this try.
  Instant started_at{};
  std::optional<Instant> deadline = {};         ///< When the server gives up on this try.
  milliseconds heartbeat_timeout{0};            ///< Zero: none is asked for.
  std::vector<Payload> heartbeat_details = {};  ///< What the last try reported last.
};

/// The way of one running activity to its worker. Belongs to the try; the body must not keep it.
/// Every member may be called from any thread. [any-thread]
class Context {
 public:
  using HeartbeatSink = std::function<void(const std::vector<Payload>&)>;

  explicit Context(Info info, HeartbeatSink heartbeat = {}, LogSink log = {})
      : info_(std::move(info)), heartbeat_(std::move(heartbeat)), log_(std::move(log)) {}

  const Info& info() const noexcept { return info_; }

  /// Tells the server that work goes on, and where to resume. Cheap: calls in quick succession are
  /// merged, the last one wins. Cancellation of a regular activity arrives as the answer to a
  /// heartbeat. Nothing for local activities, which have none.
  template <class T>
  void heartbeat(const T& details) {
    heartbeat_payloads({to_payload(details)});
  }
  void heartbeat() { heartbeat_payloads({}); }
  void heartbeat_payloads(const std::vector<Payload>& details);

  /// What the last try reported; empty on the first. Throws ConversionError on another type.
  template <class T>
  std::optional<T> resume_point() const {
    if (info_.heartbeat_details.empty()) return std::nullopt;
    return from_payload<T>(info_.heartbeat_details.front());
  }

  bool cancelled() const noexcept { return stop_.stop_requested(); }
  CancelReason cancel_reason() const noexcept { return reason_.load(); }
  /// For calls that take one.
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }
  /// Throws Cancelled where cancellation was asked for.
  void throw_if_cancelled() const;
  /// Waits, but not past cancellation; true where it came. [blocking]
  bool cancelled_within(milliseconds time);

  /// One event with the activity's identity added. `fields` is a JSON object.
  void log(LogLevel level, std::string_view event, std::string_view fields = "{}") const;

  /// Asks the body to end; the first reason stays. Called by the worker.
  void cancel(CancelReason reason) noexcept;

 private:
  const Info info_;
  const HeartbeatSink heartbeat_;
  const LogSink log_;
  std::atomic<CancelReason> reason_{CancelReason::kNone};
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
};

}  // namespace gantry::temporal::activity
