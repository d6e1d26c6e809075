#include "host/console/admin_server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <exception>
#include <optional>
#include <set>

#include "host/base/assert.hpp"
#include "host/console/route.hpp"
#include "host/ingress/json_text.hpp"

namespace gantry::console {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string_view header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, boost::beast::string_view(name.data(), name.size()))) {
      return value;
    }
  }
  return {};
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

/// "localhost:8078" and "[::1]:8078" without the port.
std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

/// The host of an Origin ("http://localhost:8078"); "null" stays as it is and matches nothing.
std::string_view host_of_origin(std::string_view origin) {
  const auto scheme = origin.find("://");
  return host_without_port(scheme == std::string_view::npos ? origin : origin.substr(scheme + 3));
}

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kDenied:
      return 403;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kTimeout:
      return 504;
    case ErrorKind::kCancelled:
      return 503;
    case ErrorKind::kExhausted:
      return 429;
    case ErrorKind::kUnsupported:
      return 501;
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

std::string_view kind_of(unsigned status) {
  switch (status) {
    case 403:
      return "denied";
    case 404:
      return "not_found";
    case 405:
    case 501:
      return "unsupported";
    case 408:
      return "timeout";
    case 413:
    case 431:
      return "exhausted";
    case 500:
      return "internal";
    case 503:
      return "unavailable";
    default:
      return "invalid";
  }
}

AdminResponse failure(unsigned status, std::string_view message) {
  return json_response(status, ingress::error_body(kind_of(status), message));
}

void secure(AdminResponse& response) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'self'");
  response.headers.emplace_back("Cache-Control", "no-store");
}

AdminResponse secured(AdminResponse response) {
  secure(response);
  return response;
}

}  // namespace

std::string_view AdminRequest::header(std::string_view name) const {
  return header_of(headers, name);
}

std::string AdminRequest::value(const std::string& name, const std::string& fallback) const {
  const auto found = query.find(name);
  return found == query.end() || found->second.empty() ? fallback : found->second;
}

Result<std::size_t> AdminRequest::limit(std::size_t fallback, std::size_t least,
                                        std::size_t most) const {
  const std::string text = value("limit", std::to_string(fallback));
  const char* const end = text.data() + text.size();
  std::size_t limit = 0;
  const auto [stopped, problem] = std::from_chars(text.data(), end, limit);
  if (problem != std::errc{} || stopped != end || limit < least || limit > most) {
    return Error{ErrorKind::kInvalid, "limit: want a whole number, " + std::to_string(least) +
                                          " to " + std::to_string(most)};
  }
  return limit;
}

AdminResponse json_response(unsigned status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

AdminResponse error_response(const Error& error) {
  return json_response(status_of(error.kind),
                       ingress::error_body(to_string(error.kind), error.message()));
}

AdminOptions::AdminOptions() {
  http.limits.in_flight_bytes_max = 128 * 1024 * 1024;
  http.limits.connections_max = 128;
  http.limits.connections_per_address_max = 128;
  http.limits.request_timeout = std::chrono::seconds{120};
  http.limits.answer_timeout = std::chrono::seconds{60};
}

class AdminServer::Handler final : public ingress::ExchangeHandler {
 public:
  explicit Handler(AdminOptions options)
      : options_(std::move(options)), pool_(std::max<std::size_t>(1, options_.handler_threads)) {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(options_.http.address, failed);
    if (failed || !address.is_loopback()) return;
    hosts_ = {"localhost", options_.http.address, "[" + options_.http.address + "]"};
    hosts_.insert(options_.host_names.begin(), options_.host_names.end());
  }

  void add(std::string method, std::string_view pattern, AdminHandler handler, std::size_t body) {
    routes_.push_back({std::move(method), RoutePattern(pattern), std::move(handler), body});
  }

  ingress::Admission admit(const InboundRequest& head) override {
    if (!from_here(head)) return {secured(failure(403, "this Host or Origin is not served")), 0};
    const auto found = find(head.method, path_of(head.target));
    if (found.route) return {std::nullopt, found.route->body_bytes_max};
    if (found.allow.empty()) return {secured(failure(404, "no such path")), 0};
    AdminResponse refusal = secured(failure(405, "this path takes " + found.allow));
    refusal.headers.emplace_back("Allow", found.allow);
    return {std::move(refusal), 0};
  }

  void handle(InboundRequest request, ingress::Responder respond) override {
    auto found = find(request.method, path_of(request.target));
    GANTRY_ASSERT(found.route);
    auto query = parse_query(query_of(request.target));
    if (!query) return respond(secured(failure(400, "a broken escape in the query")));
    if (waiting_.fetch_add(1) >= options_.handlers_waiting_max) {
      --waiting_;
      return respond(refuse(503, "too many requests wait"));
    }
    const std::string path(path_of(request.target));
    boost::asio::post(pool_,
                      [this, route = found.route, respond = std::move(respond),
                       made = AdminRequest{std::move(request.method), path, std::move(found.params),
                                           std::move(*query), std::move(request.headers),
                                           std::move(request.body), std::move(request.remote)}] {
                        respond(secured(run(*route, made)));
                        --waiting_;
                      });
  }

  ingress::Response refuse(unsigned status, std::string_view reason) override {
    AdminResponse response = secured(failure(status, reason));
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
  }

  void join() { pool_.join(); }
  const AdminOptions& options() const { return options_; }

 private:
  struct Route {
    std::string method;
    RoutePattern pattern;
    AdminHandler handler;
    std::size_t body_bytes_max;
  };
  struct Found {
    const Route* route = nullptr;
    std::map<std::string, std::string> params;
    std::string allow;  ///< The methods of a path that does not take this one.
  };

  Found find(std::string_view method, std::string_view path) const {
    Found found;
    std::set<std::string> methods;
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const auto& route : routes_) {
      auto params = route.pattern.match(path);
      if (!params) continue;
      if (route.method == wanted) return {&route, std::move(*params), {}};
      methods.insert(route.method);
      if (route.method == "GET") methods.insert("HEAD");
    }
    for (const auto& one : methods) found.allow += (found.allow.empty() ? "" : ", ") + one;
    return found;
  }

  bool from_here(const InboundRequest& head) const {
    if (hosts_.empty()) return true;
    const auto known = [this](std::string_view host) {
      return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& name) {
        return boost::beast::iequals(name, boost::beast::string_view(host.data(), host.size()));
      });
    };
    if (!known(host_without_port(header_of(head.headers, "Host")))) return false;
    const std::string_view origin = header_of(head.headers, "Origin");
    return origin.empty() || known(host_of_origin(origin));
  }

  AdminResponse run(const Route& route, const AdminRequest& request) const {
    std::string what;
    try {
      return route.handler(request);
    } catch (const std::exception& thrown) {
      what = thrown.what();
    } catch (...) {
      what = "unknown exception";
    }
    if (options_.http.log) {
      options_.http.log(ingress::LogLevel::kError, "admin_handler_threw",
                        {{"path", request.path}, {"error", what}});
    }
    return failure(500, "the handler failed; the log has the reason");
  }

  const AdminOptions options_;
  std::vector<Route> routes_;
  std::set<std::string> hosts_;  // Empty: not on loopback, any Host is served.
  std::atomic<std::size_t> waiting_{0};
  boost::asio::thread_pool pool_;  // Last: its threads use what is above.
};

AdminServer::AdminServer(AdminOptions options)
    : handler_(std::make_unique<Handler>(std::move(options))),
      server_(std::make_unique<ingress::HttpServer>(handler_->options().http, *handler_)) {}

AdminServer::~AdminServer() = default;

void AdminServer::route(std::string method, std::string_view pattern, AdminHandler handler,
                        std::size_t body_bytes_max) {
  handler_->add(std::move(method), pattern, std::move(handler), body_bytes_max);
}

Result<void> AdminServer::start() { return server_->start(); }

void AdminServer::stop() {
  server_->stop();
  handler_->join();
}

std::uint16_t AdminServer::port() const noexcept { return server_->port(); }

const ingress::HttpCounters& AdminServer::http_counters() const noexcept {
  return server_->counters();
}

}  // namespace gantry::console
