#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One request to a vendor. Names and values are sent as they are; order and duplicates are kept.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< Absolute; https, or http to a loopback address.
  Headers headers;
  std::string body;
  std::chrono::nanoseconds timeout{std::chrono::seconds{30}};  ///< Whole exchange, one attempt.
  std::uint64_t response_max = 16U << 20U;  ///< Bytes of the body after decompression.
};

/// The answer, whatever its status. The body is decompressed; Content-Encoding is then gone.
struct HttpResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
  std::optional<std::chrono::nanoseconds> retry_after;  ///< From Retry-After, at most 15 min.
};

/// The caller's link to a running exchange; empty functions mean "never" and "nobody listens".
struct HttpControl {
  std::function<bool()> cancelled;  ///< Asked about 20 times a second, on the calling thread.
  std::function<void()> progress;   ///< Bytes arrived.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// How an exchange is tried again. The default is: never.
///
/// Tried again are a failed connection, and for methods that change nothing (GET, HEAD, OPTIONS,
/// PUT, DELETE) also a broken exchange and the answers 429, 502, 503 and 504. The wait is
/// the larger of the back-off and Retry-After; where it would pass the deadline the last outcome
/// is returned at once.
struct HttpRetry {
  int attempts_max = 1;
  std::chrono::milliseconds backoff_initial{500};
  std::chrono::milliseconds backoff_max{30'000};
  bool repeat_any_method = false;  ///< The caller knows that its POST is idempotent.
};

}  // namespace gantry::net
