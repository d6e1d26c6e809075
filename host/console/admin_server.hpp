#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/ingress/exchange.hpp"
#include "host/ingress/http_server.hpp"

namespace gantry::console {

/// One request to the admin address, taken apart.
struct AdminRequest {
  std::string method;                         ///< As sent; a HEAD reaches the handler of its GET.
  std::string path;                           ///< Without the query, as sent.
  std::map<std::string, std::string> params;  ///< The pattern's names.
  std::map<std::string, std::string> query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote;

  /// The first header of that name in any case; empty where there is none.
  std::string_view header(std::string_view name) const;
  /// A value of the query; `fallback` where it is absent or empty.
  std::string value(const std::string& name, const std::string& fallback = {}) const;
  /// The query's `limit`, or `fallback`. kInvalid where it is no whole number from `least` to
  /// `most`.
  Result<std::size_t> limit(std::size_t fallback, std::size_t least, std::size_t most) const;
};

using AdminResponse = ingress::Response;
/// Runs on the server's pool and may block. What it throws becomes a 500.
using AdminHandler = std::function<AdminResponse(const AdminRequest&)>;

/// `body` as application/json with `status`. [any-thread]
AdminResponse json_response(unsigned status, std::string body);
/// The error as {"error":{"kind","message"}} with the status of its kind. [any-thread]
AdminResponse error_response(const Error& error);

struct AdminOptions {
  AdminOptions();
  /// Longer requests and more bytes in flight than the public door, for uploads; fewer connections.
  ingress::HttpOptions http;
  std::size_t handler_threads = 4;
  std::size_t handlers_waiting_max = 64;  ///< More are answered 503.
  /// Names besides the address itself by which it may be called.
  std::vector<std::string> host_names;
};

/// The operator's HTTP address: a table of routes over the same server as the public door.
///
/// On a loopback address only localhost, the address itself and `host_names` are accepted as Host,
/// and no foreign Origin: a page in the operator's browser must not reach it by DNS rebinding
/// (403). There is no log-in: whoever reaches the address is the operator. Bodies are held in
/// memory, up to the route's cap and `limits.in_flight_bytes_max` together.
class AdminServer {
 public:
  static constexpr std::size_t kBodyBytesMax = 64 * 1024;
  static constexpr std::size_t kUploadBytesMax = 64 * 1024 * 1024;

  explicit AdminServer(AdminOptions options);
  /// Asserts that a started server was stopped.
  ~AdminServer();

  /// Before start(). The first pattern that matches serves. [main]
  void route(std::string method, std::string_view pattern, AdminHandler handler,
             std::size_t body_bytes_max = kBodyBytesMax);

  Result<void> start();  ///< As HttpServer::start(). [main]
  /// Lets handlers that run finish. Safe to call twice. [main]
  void stop();

  std::uint16_t port() const noexcept;                          // [any-thread]
  const ingress::HttpCounters& http_counters() const noexcept;  // [any-thread]
  /// As HttpServer::silence(). [main]
  std::chrono::steady_clock::duration silence() const noexcept { return server_->silence(); }

 private:
  class Handler;
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<ingress::HttpServer> server_;
};

}  // namespace gantry::console
