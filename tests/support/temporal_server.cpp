#include "tests/support/temporal_server.hpp"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <stdexcept>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::testing {

std::uint16_t free_port() {
  // Below the range from which the kernel serves outgoing connections of other tests.
  std::random_device random;
  std::uniform_int_distribution<int> ports(15'000, 29'999);
  for (int tries = 0; tries < 100; ++tries) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto port = static_cast<std::uint16_t>(ports(random));
    address.sin_port = htons(port);
    const bool bound = ::bind(fd, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (bound) return port;
  }
  throw std::runtime_error("no free loopback port");
}

TempFolder::TempFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "gantry-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TemporalServer& TemporalServer::shared() {
  static TemporalServer server;
  return server;
}

TemporalServer::TemporalServer() {
  temporal::EmbeddedServerOptions options;
  options.state = folder_.path();
  options.port = free_port();
  options.keywords = {"Source", "Priority", "DocumentId", "Status"};
  server_ = temporal::EmbeddedServer::start(std::move(options)).value();
}

temporal::ConnectionOptions TemporalServer::options() const {
  temporal::ConnectionOptions options;
  options.address = address();
  return options;
}

std::unique_ptr<temporal::Connection> TemporalServer::connect() const {
  return temporal::Connection::open(options(), {}).value();
}

std::string TemporalServer::unique(std::string_view prefix) {
  static std::atomic<int> count{0};
  static const std::string process = to_hex(random_bytes(4));
  return std::string(prefix) + '-' + process + '-' + std::to_string(++count);
}

}  // namespace gantry::testing
