#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::test {

/// A program of this folder that starts a server and obeys (server.py). It ends with this object,
/// and by itself should the test die. Throws where it does not start or obey. [blocking]
class ServerProgram {
 public:
  explicit ServerProgram(const std::string& file, const std::vector<std::string>& arguments = {});
  ~ServerProgram();
  ServerProgram(const ServerProgram&) = delete;
  ServerProgram& operator=(const ServerProgram&) = delete;

  std::uint16_t port() const { return port_; }
  /// The line of JSON that it said where it is with.
  const std::string& hello() const { return hello_; }

  void tell(const std::string& word);
  void kill() { tell("kill"); }    ///< As a crash; then nobody listens.
  void start() { tell("start"); }  ///< After kill(), on the same port with the same data.
  void freeze() { tell("freeze"); }
  void thaw() { tell("thaw"); }

 private:
  std::string read_line();

  const std::string file_;
  int pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string hello_;
  std::uint16_t port_ = 0;
};

/// A loopback port where nobody listens.
std::uint16_t free_loopback_port();

}  // namespace gantry::test
