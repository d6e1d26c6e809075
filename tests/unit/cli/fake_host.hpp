#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gantry::cli {

/// An HTTP server on a free loopback port that answers as a test says and remembers what it was
/// asked. One connection at a time; ends with the object.
class FakeHost {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    std::string header(const std::string& name) const;
  };
  struct Answer {
    unsigned status = 200;
    std::string body = "{}";
  };

  explicit FakeHost(std::function<Answer(const Request&)> answer);
  ~FakeHost();

  std::string address() const;  ///< "127.0.0.1:port"
  /// What came so far; call it once the client has its answer.
  std::vector<Request> requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::cli
