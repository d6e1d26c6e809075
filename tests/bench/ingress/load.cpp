// The load generator of the ingress benchmark: keep-alive connections, each with one request in
// flight, every delivery distinct and signed like Front's application webhooks. One thread, epoll.
//
//   ingress_load PORT REQUESTS [CONNECTIONS] [RUN]
//
// Deliveries are made and signed before the clock starts. Prints one JSON line:
// {"requests","seconds","rate","p50_ms","p99_ms","max_ms","failed"}. RUN makes the ids of two runs
// distinct.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/bench/ingress/bench_source.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBodyBytes = 1024;
constexpr std::string_view kTimestamp = "1767225600123";

/// Signed requests of one block; made while no clock runs, so that memory stays bounded.
constexpr std::size_t kBlock = 100'000;

std::string make_request(std::string_view run, std::size_t number) {
  // A hashed number: ids as random as a vendor's, and never twice.
  const std::string random =
      gantry::to_hex(gantry::sha256(std::string(run) + std::to_string(number)).substr(0, 12));
  std::string body = R"({"id":"evt_)" + random + R"(","type":"inbound_received","text":")";
  while (body.size() + 2 < kBodyBytes) {
    body.push_back(static_cast<char>('a' + (body.size() * 7 + number) % 26));
  }
  body += R"("})";
  const std::string signature = gantry::to_base64(
      gantry::hmac_sha256(gantry::bench::kSecret, std::string(kTimestamp) + ":" + body));
  std::string request = "POST /webhooks/front HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  request += "User-Agent: Front Webhooks\r\nAccept: */*\r\nContent-Type: application/json\r\n";
  request += "X-Front-Request-Timestamp: " + std::string(kTimestamp) + "\r\n";
  request += "X-Front-Signature: " + signature + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return request;
}

struct Connection {
  int fd = -1;
  std::string_view request;
  std::string answer;
  Clock::time_point began;
};

class Load {
 public:
  Load(int port, std::size_t connections) : connections_(connections) {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) {
      auto& connection = connections_[i];
      connection.fd = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("connect");
        std::exit(1);
      }
      const int on = 1;
      setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    }
  }

  void run(const std::vector<std::string>& requests) {
    const auto began = Clock::now();
    std::size_t next = 0;
    std::size_t open = 0;
    for (auto& connection : connections_) {
      if (next < requests.size()) start(connection, requests[next++]), ++open;
    }
    while (open > 0) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, 30'000);
      if (count <= 0) {
        std::fprintf(stderr, "no answer for 30 s\n");
        std::exit(1);
      }
      for (int i = 0; i < count; ++i) {
        auto& connection = connections_[events[i].data.u64];
        if (!answered(connection)) continue;
        if (next < requests.size()) {
          start(connection, requests[next++]);
        } else {
          --open;
        }
      }
    }
    seconds_ += std::chrono::duration<double>(Clock::now() - began).count();
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double part) {
      return latencies_[static_cast<std::size_t>(part *
                                                 static_cast<double>(latencies_.size() - 1))];
    };
    std::printf(
        "{\"requests\":%zu,\"seconds\":%.3f,\"rate\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
        "\"max_ms\":%.3f,\"failed\":%zu}\n",
        latencies_.size(), seconds_, static_cast<double>(latencies_.size()) / seconds_, at(0.5),
        at(0.99), at(1.0), failed_);
  }

 private:
  void start(Connection& connection, std::string_view request) {
    connection.request = request;
    connection.answer.clear();
    connection.began = Clock::now();
    // 1.3 KiB always fit an empty socket buffer.
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      std::perror("send");
      std::exit(1);
    }
  }

  bool answered(Connection& connection) {
    char bytes[4096];
    const ssize_t count = recv(connection.fd, bytes, sizeof bytes, 0);
    if (count <= 0) {
      std::fprintf(stderr, "connection closed by the server\n");
      std::exit(1);
    }
    connection.answer.append(bytes, static_cast<std::size_t>(count));
    const auto head = connection.answer.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto field = connection.answer.find("ontent-");
    const auto length = connection.answer.find("ength: ", field);
    const auto body = std::strtoul(connection.answer.c_str() + length + 7, nullptr, 10);
    if (connection.answer.size() < head + 4 + body) return false;
    if (!connection.answer.starts_with("HTTP/1.1 202")) ++failed_;
    latencies_.push_back(
        std::chrono::duration<float, std::milli>(Clock::now() - connection.began).count());
    return true;
  }

  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<float> latencies_;
  double seconds_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: ingress_load PORT REQUESTS [CONNECTIONS] [RUN]\n"), 2;
  const std::size_t total = std::strtoul(argv[2], nullptr, 10);
  const std::size_t connections = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 64;
  const std::string run = argc > 4 ? argv[4] : std::to_string(getpid());
  Load load(std::atoi(argv[1]), connections);
  for (std::size_t made = 0; made < total;) {
    std::vector<std::string> requests;
    const std::size_t count = std::min(kBlock, total - made);
    requests.reserve(count);
    for (std::size_t i = 0; i < count; ++i) requests.push_back(make_request(run, made++));
    load.run(requests);
  }
  load.print();
  return 0;
}
