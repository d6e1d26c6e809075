#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "host/contracts/delivery.hpp"
#include "host/ingress/inbox.hpp"
#include "host/ingress/log.hpp"

namespace gantry::observe {
class Tracer;
}

namespace gantry::ingress {

struct DispatcherOptions {
  std::size_t concurrency = 8;                     ///< Starts at once, one thread each.
  std::size_t read_ahead = 256;                    ///< Deliveries held in memory.
  int attempts_max = 5;                            ///< For failures that are not an outage.
  std::chrono::milliseconds backoff_initial{500};  ///< First pause, doubled each time.
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds later_initial{5'000};  ///< The same for one that is not ready yet.
  std::chrono::milliseconds later_max{60'000};
  std::size_t delayed_max = 10'000;  ///< With so many put off, none is read from the inbox.
  LogSink log;
  observe::Tracer* tracer = nullptr;  ///< Outlives it; null: starts belong to no trace.
};

/// For metrics. Totals since start().
struct DispatchCounts {
  std::uint64_t started = 0;
  std::uint64_t dead = 0;
  std::uint64_t failed_attempts = 0;
  std::size_t in_flight = 0;
  std::size_t delayed = 0;  ///< Put off, each by itself.
  bool paused = false;      ///< The engine is away; deliveries wait.
};

/// Starts the durable work of stored deliveries, in order of arrival, and marks them.
///
/// While the engine is away (a retryable error) one delivery is tried now and then, the rest wait
/// in the inbox, and the log says so once. One that the starter wants later is put off alone, as
/// often as it says so. Any other failure is that delivery's own: it is tried `attempts_max` times
/// and then dead with the reason. A crash between start and mark repeats the
/// start, which is idempotent.
class Dispatcher {
 public:
  /// Both outlive the dispatcher. Takes the inbox's on_stored hook from start() to stop().
  Dispatcher(Inbox& inbox, DeliveryStarter& starter, DispatcherOptions options);
  /// Asserts that a started dispatcher was stopped.
  ~Dispatcher();

  /// Begins with what an earlier run left. [main]
  void start();
  /// Lets the starts in flight finish; what waits stays in the inbox. [main]
  void stop();

  /// Tries what waits at once: something that it waited for may have changed. [any-thread]
  void retry_now();

  DispatchCounts counts() const;  // [any-thread]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::ingress
