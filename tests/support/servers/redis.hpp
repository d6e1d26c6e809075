#pragma once

#include <string>
#include <vector>

#include "tests/support/servers/server_program.hpp"

namespace gantry::test {

/// A real Redis whose every answered write outlives kill() (redis.py). [blocking]
class RedisServer final : public ServerProgram {
 public:
  /// `arguments`: the secret that clients must give, or "", then options of redis-server.
  explicit RedisServer(const std::vector<std::string>& arguments = {})
      : ServerProgram("redis.py", arguments) {}

  /// kill(), lose all data, start().
  void start_empty() { tell("empty"); }
  void make_readonly() { tell("readonly"); }  ///< As a replica that lost its primary.
  void fill() { tell("full"); }               ///< No memory is left for a write.
  void make_writable() { tell("writable"); }
  void end_leases() { tell("unlock"); }  ///< As if the time of every lock had passed.
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace gantry::test
