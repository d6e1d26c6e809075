#pragma once

#include <string>

#include "tests/support/servers/server_program.hpp"

namespace gantry::test {

/// A real Neo4j Community without authentication (neo4j.py). It takes 10 to 60 s to be ready, so a
/// test process shares one. [blocking]
class Neo4jServer final : public ServerProgram {
 public:
  Neo4jServer() : ServerProgram("neo4j.py") {}

  void make_readonly() { tell("readonly"); }
  void make_writable() { tell("writable"); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace gantry::test
