#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/ingress/exchange.hpp"
#include "host/ingress/log.hpp"

namespace gantry::ingress {

/// Bounds of one HTTP server. Every one holds for each connection or for all of them together;
/// none is ever waited for without end.
struct HttpLimits {
  std::size_t header_bytes_max = 8 * 1024;            ///< Request line and fields; more is a 431.
  std::size_t in_flight_bytes_max = 8 * 1024 * 1024;  ///< All bodies held at once; more is a 503.
  std::size_t connections_max = 1'024;                ///< More are closed on accept.
  std::size_t connections_per_address_max = 256;      ///< More are closed on accept.
  std::chrono::milliseconds idle_timeout{60'000};     ///< Between requests; closed in silence.
  std::chrono::milliseconds request_timeout{15'000};  ///< First byte to last byte; more is a 408.
  std::chrono::milliseconds answer_timeout{30'000};   ///< For the handler; more is a 503.
  std::chrono::milliseconds write_timeout{10'000};    ///< For the peer to take the answer.
  std::chrono::milliseconds drain_timeout{10'000};    ///< stop(): for exchanges in flight.
};

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 for a free one; port() tells which.
  std::size_t threads = 1;
  HttpLimits limits;
  const Clock* clock = &system_clock();  ///< For received_at. Time-outs use the steady clock.
  LogSink log;                           ///< May be empty.
};

/// What the server itself saw; read by the metrics page. [any-thread]
struct HttpCounters {
  std::atomic<std::uint64_t> requests{0};  ///< Heads read whole.
  std::atomic<std::uint64_t> too_large{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::uint64_t> overloaded{0};           ///< 503 for in-flight bytes or a late answer.
  std::atomic<std::uint64_t> connections_refused{0};  ///< Over a limit, or while stopping.
  std::atomic<std::size_t> connections{0};            ///< Open now.
  std::atomic<std::size_t> in_flight{0};              ///< Requests read whole and not yet answered.
  std::atomic<std::size_t> in_flight_bytes{0};
};

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, `Expect: 100-continue`.
///
/// Refuses what two parsers could read in two ways (RFC 9112 section 6): two lengths, a length with
/// a transfer coding, any coding but `chunked`, no or two Host fields. Requests of one connection
/// are answered in order, one at a time. Each thread runs its own event loop; a connection lives on
/// one of them.
class HttpServer {
 public:
  /// `handler` and the clock outlive the server.
  HttpServer(HttpOptions options, ExchangeHandler& handler);
  /// Asserts that a started server was stopped.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and serves. kInvalid for an address that is none, kConflict for a port in use, kDenied
  /// for one that needs rights. [main]
  Result<void> start();
  /// Stops accepting, lets requests that have begun finish within `drain_timeout`, closes the rest,
  /// joins. Safe to call twice. [main]
  void stop();

  /// The bound port; 0 before start(). [any-thread]
  std::uint16_t port() const noexcept;
  const HttpCounters& counters() const noexcept;
  /// Since the slowest event loop last turned, which each does at least twice a second; zero where
  /// none runs. [main]
  std::chrono::steady_clock::duration silence() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::ingress
