#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::ingress::test {

/// One answer as it came over the wire.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A raw TCP connection on loopback: sends exactly the bytes it is given, well formed or not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False where the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void finish_sending() { shutdown(fd_, SHUT_WR); }

  /// The next answer; `head_only` for a HEAD, which has a length but no body. Nothing on a close.
  std::optional<Answer> receive(bool head_only = false) {
    std::size_t head = 0;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    Answer answer;
    answer.status = std::atoi(buffer_.c_str() + 9);
    std::size_t at = buffer_.find("\r\n") + 2;
    while (at < head + 2) {
      const std::size_t end = buffer_.find("\r\n", at);
      const std::size_t colon = buffer_.find(": ", at);
      answer.headers.emplace(buffer_.substr(at, colon - at),
                             buffer_.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    buffer_.erase(0, head + 4);
    const std::size_t length =
        head_only ? 0 : std::strtoul(answer.headers["Content-Length"].c_str(), nullptr, 10);
    while (buffer_.size() < length) {
      if (!more()) return std::nullopt;
    }
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
  }

  /// True once the server has closed and nothing more came.
  bool closed() { return buffer_.empty() && !more(); }

 private:
  bool more() {
    // Far above every limit that a test sets: only a server that hangs gets here.
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, 30'000) <= 0) return false;
    char bytes[16 * 1024];
    const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  const int fd_;
  std::string buffer_;
};

/// Sends on a fresh connection and takes the first answer.
inline Answer roundtrip(std::uint16_t port, std::string_view bytes, bool head_only = false) {
  RawClient client(port);
  client.send(bytes);
  return client.receive(head_only).value_or(Answer{});
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view headers = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace gantry::ingress::test
