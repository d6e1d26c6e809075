#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/ingress/http_server.hpp"
#include "host/ingress/inbox.hpp"
#include "host/ingress/log.hpp"
#include "host/ingress/stats.hpp"
#include "host/plugins/source.hpp"

namespace gantry::observe {
class Tracer;
}

namespace gantry::ingress {

/// Finds a source by name; a port, so that a reload can swap all sources at once.
class SourceLookup {
 public:
  virtual ~SourceLookup() = default;
  /// Null where there is none, or none that takes webhooks. Shared, because a request that has
  /// begun may outlive a reload. [any-thread]
  virtual std::shared_ptr<const plugins::Source> find(std::string_view name) const = 0;
  /// The source's own cap on bodies; the listener's holds as well. [any-thread]
  virtual std::size_t body_bytes_max(std::string_view) const { return SIZE_MAX; }
};

struct ListenerOptions {
  HttpOptions http;                          ///< Address, port, threads and limits.
  std::size_t body_bytes_max = 1024 * 1024;  ///< More is a 413.
  std::string public_url;  ///< "https://hooks.example.com": what senders call, for signatures that
                           ///< cover the URL; the target is appended. Empty: not known.
  std::chrono::seconds retry_after{5};  ///< Told with a 503.
  /// Time from a source's whole request to the answer that follows its fsync, for a histogram. May
  /// be empty. [any-thread]
  std::function<void(std::string_view source, std::chrono::nanoseconds)> on_answered;
  observe::Tracer* tracer = nullptr;  ///< Outlives it; null: requests make no spans.
  /// A source's 401 and its cause; must be quick. May be empty. [any-thread]
  std::function<void(std::string_view source, std::string_view reason)> on_rejected;
};

/// The public door: `POST /webhooks/<source>` is verified over its raw bytes, stored, and answered
/// after the fsync.
///
///   accepted         202 {"delivery":id}, or the plugin's reply      stored
///   duplicate        the same, with "duplicate":true in ours         stored once before
///   challenge        the plugin's reply                              not stored
///   not verified     401, one body for all causes                    counted by cause
///   unknown source   404                                             not stored
///   no room, no disk 503 with Retry-After                            not stored
///
/// HEAD on a source answers 200 (some senders probe), any other method 405. The rest of the table,
/// 400, 408, 413, 417, 431 and 501, is HttpServer's.
class WebhookListener {
 public:
  /// All three outlive the listener; stop it before the inbox closes.
  WebhookListener(ListenerOptions options, const SourceLookup& sources, Inbox& inbox);
  ~WebhookListener();

  Result<void> start();  ///< As HttpServer::start(). [main]
  void stop();           ///< As HttpServer::stop(). [main]

  std::uint16_t port() const noexcept;                 // [any-thread]
  const IngressStats& stats() const noexcept;          // [any-thread]
  const HttpCounters& http_counters() const noexcept;  // [any-thread]
  /// As HttpServer::silence(). [main]
  std::chrono::steady_clock::duration silence() const noexcept { return server_.silence(); }

 private:
  class Handler;
  // Shared with the answers still on their way from the inbox.
  std::shared_ptr<Handler> handler_;
  HttpServer server_;
};

}  // namespace gantry::ingress
