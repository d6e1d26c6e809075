#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

struct Curl_URL;

namespace gantry::net {

/// A URL as libcurl reads it. What the egress list judges and what is dialled come from this one
/// parse, so that no second parser can be talked into another host.
class Url {
 public:
  /// kInvalid: not absolute, a scheme other than http or https, a user name or password in it, a
  /// host that is neither a plain ASCII name nor an address. [any-thread]
  static Result<Url> parse(const std::string& text);

  const std::string& scheme() const noexcept { return scheme_; }  ///< "https" or "http".
  const std::string& host() const noexcept { return host_; }      ///< Lower case, no brackets.
  std::uint16_t port() const noexcept { return port_; }

  /// True for 127.0.0.0/8, ::1 and `localhost` (RFC 6761; libcurl resolves it by itself).
  bool is_loopback() const noexcept;

  /// For error texts: scheme, host, port and path. A query or fragment may carry a token.
  const std::string& shown() const noexcept { return shown_; }

  /// libcurl's handle (a CURLU*), borrowed from this object.
  Curl_URL* native() const noexcept { return handle_.get(); }

 private:
  struct Free {
    void operator()(Curl_URL* handle) const noexcept;
  };
  std::unique_ptr<Curl_URL, Free> handle_;
  std::string scheme_;
  std::string host_;
  std::string shown_;
  std::uint16_t port_ = 0;
};

}  // namespace gantry::net
