#pragma once

#include <string>

#include "tests/support/servers/server_program.hpp"

namespace gantry::test {

/// The stand-in for a Qdrant server (qdrant_stand_in.py says what it keeps). [blocking]
class QdrantStandIn final : public ServerProgram {
 public:
  explicit QdrantStandIn(const std::string& version = "1.16.0", const std::string& api_key = {})
      : ServerProgram("qdrant.py", {version, api_key}) {}

  /// The next `times` requests with `text` in path or body fail, once they were applied (or
  /// before). Status 0 ends the connection without an answer.
  void fail(const std::string& text, int times, int status, bool before = false);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace gantry::test
