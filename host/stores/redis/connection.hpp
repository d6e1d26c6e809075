#pragma once

#include <curl/curl.h>
#include <hiredis/hiredis.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::redis {

struct RedisOptions;

/// Where a cache's server is and who we are there.
struct Target {
  std::string host;  ///< As in the URL; IPv6 in brackets.
  std::uint16_t port = 6379;
  bool tls = false;
  std::uint32_t database = 0;
  std::string user;
  std::string secret;
  std::string ca_file;
  std::chrono::milliseconds connect_timeout{0};

  /// kInvalid says what is wrong with options.url. [any-thread]
  static Result<Target> parse(const RedisOptions& options);
  /// "redis host:port", for errors.
  std::string shown() const;
};

/// How long a call may go on.
struct Patience {
  std::chrono::steady_clock::time_point end;
  std::function<bool()> cancelled;

  /// `timeout` from now, or the caller's deadline where that is earlier.
  static Patience of(const CallOptions& options, std::chrono::milliseconds timeout);
};

struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

/// One connection to a Redis: the bytes travel by libcurl (TLS, name look-up, deadlines), their
/// meaning is hiredis's. After any error it is of no more use. Not thread-safe. [blocking]
class Connection {
 public:
  /// Connects, authenticates and selects the database.
  static Result<std::unique_ptr<Connection>> dial(const Target& target, const Patience& patience);

  /// One command, one reply; an error reply is a reply.
  Result<Reply> call(std::span<const std::string_view> words, const Patience& patience);

 private:
  explicit Connection(std::string shown);
  Result<void> connect(const Target& target, const Patience& patience);
  Result<void> greet(const Target& target, const Patience& patience);
  Result<void> expect_ok(std::span<const std::string_view> words, const Patience& patience);
  Result<void> send(std::string_view bytes, const Patience& patience);
  Result<Reply> receive(const Patience& patience);
  Result<void> wait(short events, const Patience& patience);
  Error broke(std::string why) const;

  struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct FreeReader {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
  };
  const std::string shown_;
  const std::unique_ptr<CURL, FreeEasy> easy_;
  const std::unique_ptr<redisReader, FreeReader> reader_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

/// The Error that an error reply stands for; `what` names the call.
Error error_of(const redisReply& reply, const std::string& what);

}  // namespace gantry::stores::redis
