#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/observe/log.hpp"
#include "host/observe/otlp.hpp"
#include "host/observe/trace.hpp"

namespace gantry::observe {

/// What became of one request to a collector.
struct Sent {
  enum class Outcome {
    kTaken,
    kLater,    ///< Away or overloaded: the same request may be taken later.
    kRefused,  ///< It will never take this one.
  };
  Outcome outcome = Outcome::kTaken;
  std::chrono::nanoseconds retry_after{0};  ///< Asked for by the collector; zero: not.
  std::string reason = {};                  ///< For operators.
  std::uint64_t rejected_spans = 0;         ///< Of a request that was taken.
};

/// Brings an ExportTraceServiceRequest to the collector; gives up once `cancelled` says so.
/// [blocking]
using SendSpans =
    std::function<Sent(const std::string& request, const std::function<bool()>& cancelled)>;

struct SpanExporterOptions {
  otlp::Resource resource = {};
  std::size_t queue_max = 8'192;  ///< Spans that wait; more are dropped and counted.
  std::size_t batch_max = 512;    ///< Spans in one request.
  std::chrono::milliseconds period{1'000};
  std::chrono::milliseconds backoff_initial{1'000};  ///< Doubled each time, plus up to a quarter.
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds batch_patience{60'000};  ///< Then its spans are dropped.
  std::chrono::milliseconds stop_patience{3'000};    ///< For what waits when the host stops.
};

/// For metrics. Totals since it was made.
struct SpanCounts {
  std::uint64_t exported = 0;
  std::uint64_t dropped = 0;
  std::size_t waiting = 0;
};

/// Sends ended spans in batches from a thread of its own.
///
/// A collector that is away, slow or full costs spans, never time: take() does not block, the queue
/// is bounded, and the log says once that an outage began and once that it ended. Tries again as
/// OTLP demands. [any-thread]
class SpanExporter {
 public:
  /// `log` outlives it.
  SpanExporter(SpanExporterOptions options, SendSpans send, Log& log);
  /// Stops.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  void take(SpanRecord&& span) noexcept;
  /// Sends what waits, for as long as stop_patience; then ends. What comes later is dropped.
  /// [blocking]
  void stop();
  SpanCounts counts() const;

 private:
  void run();
  std::vector<SpanRecord> next();
  /// True where it was taken.
  bool deliver(const std::string& request, std::size_t spans);
  /// Waits, but ends with the host; false where it has.
  bool pause(std::chrono::nanoseconds time);
  bool out_of_time() const;
  void tell(const Sent& sent);

  const SpanExporterOptions options_;
  const SendSpans send_;
  ModuleLog log_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SpanRecord> queue_;
  SpanCounts counts_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point stop_by_{};
  bool healthy_ = true;  // the thread's own
  std::thread thread_;   // last: uses everything above
};

}  // namespace gantry::observe
