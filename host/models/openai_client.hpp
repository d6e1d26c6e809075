#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/net/egress.hpp"
#include "host/net/http_client.hpp"
#include "host/net/request_gate.hpp"
#include "host/pipeline/openai.hpp"

namespace gantry::models {

/// Hears of every request that ended: `outcome` is "ok" or the kind of the error. [any-thread]
using Meter = std::function<void(std::string_view outcome, const pipeline::openai::Usage& usage)>;

struct OpenAiOptions {
  std::string url;  ///< Base, "https://api.openai.com/v1". Only this host is reached.
  std::string model;
  std::string key;                                 ///< Empty: no Authorization header is sent.
  std::uint32_t requests_per_minute = 0;           ///< 0: no limit.
  std::chrono::milliseconds timeout{60'000};       ///< Of one try.
  std::chrono::milliseconds patience{150'000};     ///< Of a call with all its tries and waits.
  std::chrono::milliseconds backoff_initial{500};  ///< Doubles with each try.
  Meter meter;
};

/// POSTs to an OpenAI-compatible endpoint: five tries, the rate limit, the vendor's Retry-After,
/// which holds every caller, and a deadline. The key is in no log, error or metric. [any-thread]
class OpenAiClient {
 public:
  static constexpr int kTriesMax = 5;

  /// kInvalid where the URL is none that may be reached: https, or http on this machine.
  static Result<std::unique_ptr<OpenAiClient>> make(OpenAiOptions options);

  /// Reads the body of a 200 and says what it cost.
  using Reader = std::function<Result<pipeline::openai::Usage>(std::string_view body)>;

  /// Asks until an answer comes that `read` takes. One that it refuses counts as a failed try, so
  /// that no endpoint is asked more than five times for one thing. The meter hears of each.
  /// [blocking]
  Result<void> post(std::string_view path, const std::string& body, const Reader& read) const;
  /// Calls that wait end with kCancelled, later ones at once.
  void stop() noexcept { stopped_ = true; }

  const std::string& model() const { return options_.model; }

 private:
  OpenAiClient(OpenAiOptions options, net::EgressList egress);
  Result<pipeline::openai::Usage> try_once(const net::HttpRequest& request,
                                           const net::HttpControl& control, const Reader& read,
                                           std::chrono::nanoseconds& retry_after) const;
  void count(std::string_view outcome, const pipeline::openai::Usage& usage) const;

  const OpenAiOptions options_;
  const net::EgressList egress_;
  const net::HttpClient http_;
  mutable net::RequestGate gate_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace gantry::models
