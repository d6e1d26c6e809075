#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/plugin_world.hpp"

namespace gantry::test {

/// A vendor's simulator (tests/support/vendors/<name>.py) as a child process on a free loopback
/// port. Ends with this object, and by itself should the test die. Throws where it does not start
/// or where an admin call fails. [blocking]
class Vendor {
 public:
  /// `arguments` as the simulator takes them: {"seed=7"}.
  explicit Vendor(const std::string& name, const std::vector<std::string>& arguments = {});
  ~Vendor();
  Vendor(const Vendor&) = delete;
  Vendor& operator=(const Vendor&) = delete;

  /// "http://127.0.0.1:PORT", without a slash at the end.
  const std::string& url() const;
  /// "127.0.0.1:PORT": the egress pattern for it.
  std::string authority() const;

  /// GET /_sim/<name>; the answer is JSON text. simulator.py lists the names.
  std::string ask(const std::string& name) const;
  /// POST /_sim/<name> with JSON text.
  std::string tell(const std::string& name, const std::string& json = "{}") const;
  /// Calls of "GET /path" so far.
  int count(const std::string& method_and_path) const;
  /// Moves the simulator's clock, and `world`'s with it where one is given.
  void advance(std::int64_t seconds, World* world = nullptr) const;

  /// For World::http: the host's own HTTP client, allowed to call this simulator only.
  std::function<HttpAnswer(const HttpExchange&)> http() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::test
