#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry::test {

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

struct LoopbackRequest {
  std::string method;
  std::string target;
  HeaderPairs headers;
  std::string body;

  /// The first value of that name, compared without case; empty where absent.
  std::string header(const std::string& name) const;
};

struct LoopbackResponse {
  unsigned status = 200;
  HeaderPairs headers;
  std::string body;
  /// Set: these bytes go out as they are and the connection is closed (for broken answers).
  std::optional<std::string> raw;
};

/// A certificate and its key, PEM, for one DNS name.
struct TlsIdentity {
  std::string certificate;
  std::string key;
  /// Self-signed: its own CA.
  static TlsIdentity make(const std::string& dns_name);
  /// Signed by this one, and no CA itself.
  TlsIdentity issue(const std::string& dns_name) const;
};

/// A vendor on 127.0.0.1 at a free port: answers what the test's handler says.
///
/// The handler runs on the connection's thread, several at once; it may block, and must return
/// before the server is destroyed.
class LoopbackHttp {
 public:
  using Handler = std::function<LoopbackResponse(const LoopbackRequest&)>;

  explicit LoopbackHttp(Handler handler, std::optional<TlsIdentity> tls = std::nullopt);
  ~LoopbackHttp();
  LoopbackHttp(const LoopbackHttp&) = delete;
  LoopbackHttp& operator=(const LoopbackHttp&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT<path>", or "https://localhost:PORT<path>" with TLS.
  std::string url(const std::string& path = "/") const;
  /// "127.0.0.1:PORT" or "localhost:PORT": the egress pattern for it.
  std::string authority() const;

  std::vector<LoopbackRequest> requests() const;
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::test
