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
  LogSink log;
  observe::Tracer* tracer = nullptr;  ///< Outlives it; null: starts belong to no trace.
};

/// For metrics. Totals since start().
struct DispatchCounts {
  std::uint64_t started = 0;
  std::uint64_t dead = 0;
  std::uint64_t failed_attempts = 0;
  std::size_t in_flight = 0;
  bool paused = false;  ///< The engine is away; deliveries wait.
};

/// Starts the durable work of stored deliveries, in order of arrival, and marks them.
///
/// While the engine is away (a retryable error) one delivery is tried now and then, the rest wait
/// in the inbox, and the log says so once. Any other failure is that delivery's own: it is tried
/// `attempts_max` times and then dead with the reason. A crash between start and mark repeats the
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

  DispatchCounts counts() const;  // [any-thread]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::ingress
