#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "host/stores/redis/connection.hpp"

namespace gantry::stores::redis {

/// At most so many connections to one server, opened when they are needed. [any-thread]
class Pool {
 public:
  Pool(Target target, std::size_t connections_max, std::chrono::milliseconds timeout);

  /// One command that may be repeated; an error reply becomes its Error. `what` names the call
  /// for errors. [blocking]
  Result<Reply> call(std::string_view what, std::span<const std::string_view> words,
                     const CallOptions& options);

 private:
  /// Takes a place, with an idle connection where there is one.
  Result<std::unique_ptr<Connection>> borrow(const Patience& patience);
  void give_back(std::unique_ptr<Connection> connection);
  void forget_idle();

  const Target target_;
  const std::size_t connections_max_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t in_use_ = 0;
};

}  // namespace gantry::stores::redis
