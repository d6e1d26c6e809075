#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/net/egress.hpp"
#include "host/net/http.hpp"

namespace gantry::net {

class HttpExchange;

struct HttpClientOptions {
  std::string user_agent;  ///< Empty: "gantry/<version>". A request's own header wins.
  std::string ca_file;     ///< PEM bundle; empty: the system's.
  std::string proxy;       ///< Empty: none, whatever the environment says.
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Outbound HTTP over verified TLS, to allowed hosts only, without redirects, cookies or netrc.
///
/// Synchronous; connections are kept and used again. Errors carry the URL without its query and
/// never a header or a body.
///   kInvalid    the request itself is wrong         kDenied     the host is not on the list
///   kTimeout    no whole answer in time             kCancelled  the caller gave up
///   kExhausted  the answer is larger than allowed   kUnavailable  everything else
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {}, const Clock& clock = system_clock());
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// [blocking]
  Result<HttpResponse> send(const HttpRequest& request, const EgressList& egress,
                            const HttpControl& control = {}, const HttpRetry& retry = {}) const;

 private:
  std::unique_ptr<HttpExchange> borrow() const;
  void give_back(std::unique_ptr<HttpExchange> exchange) const;

  const HttpClientOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<HttpExchange>> idle_;
};

}  // namespace gantry::net
