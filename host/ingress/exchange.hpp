#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/contracts/delivery.hpp"

namespace gantry::ingress {

/// What the sender is told. Content-Length, Connection and Date are the server's.
struct Response {
  unsigned status = 200;
  std::string content_type;  ///< Empty with an empty body.
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// What is decided from the head of a request alone, before a byte of its body is read.
struct Admission {
  std::optional<Response> refusal;  ///< Answer with this; the body is not read.
  std::size_t body_max = 0;         ///< Else: read a body up to this many bytes; more is a 413.
};

class Session;

/// The right to answer one request, once. Copyable so that it fits a std::function; the second
/// answer, or one that comes after the connection has gone, is dropped. [any-thread]
class Responder {
 public:
  Responder(std::shared_ptr<Session> session, std::uint64_t exchange)
      : session_(std::move(session)), exchange_(exchange) {}
  void operator()(Response response) const;

 private:
  // Shared: the request may outlive its connection while its delivery is being written.
  std::shared_ptr<Session> session_;
  std::uint64_t exchange_;
};

/// What a server does with requests; the webhook listener and the admin server are the two users.
class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  /// `head` has no body yet. Must not block. [strand]
  virtual Admission admit(const InboundRequest& head) = 0;
  /// Answers through `respond`, now or later, from any thread. Must not block. [strand]
  virtual void handle(InboundRequest request, Responder respond) = 0;
  /// The answer when the server itself refuses: 400, 408, 413, 417, 431, 501, 503. [strand]
  virtual Response refuse(unsigned status, std::string_view reason) = 0;
};

}  // namespace gantry::ingress
