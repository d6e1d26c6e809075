#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/loopback_http.hpp"

namespace gantry::test {

/// TLS in front of a plain loopback server: takes connections on "localhost", speaks HTTP/2 by
/// ALPN and passes the bytes on both ways, as a load balancer or a service mesh does.
class TlsFront {
 public:
  struct Options {
    std::uint16_t target_port = 0;
    TlsIdentity identity;
    std::string client_ca;  ///< PEM; set: only clients with a certificate of this CA get through.
  };
  explicit TlsFront(Options options);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  std::uint16_t port() const;
  std::size_t handshakes() const;  ///< Those that succeeded.

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::test
