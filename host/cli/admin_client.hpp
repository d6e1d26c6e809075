#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"

namespace gantry::cli {

struct HttpAnswer {
  long status = 0;
  std::string content_type;
  std::string body;
};

/// One HTTP exchange from the command line; no proxy, no redirects, ten seconds to connect and 60
/// for the whole. A door that is shut is kUnavailable and names the address. [blocking]
Result<HttpAnswer> http_exchange(const std::string& method, const std::string& url,
                                 const std::vector<std::pair<std::string, std::string>>& headers,
                                 std::string_view body,
                                 const std::function<void(std::uint64_t sent)>& progress = {});

/// What a shut admin door means, and what to do. [any-thread]
Error no_host(Error error, const std::string& url);

/// RFC 3986 section 2.3: unreserved characters stay, every other byte becomes %XX; so an id with
/// ':' or '/' is one path segment. [any-thread]
std::string percent_encoded(std::string_view text);

/// `path` with those of the parameters that have a value, escaped. [any-thread]
std::string with_query(
    std::string path,
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

/// The admin API of a running host (README.md, "Admin API"). [blocking]
class AdminClient {
 public:
  explicit AdminClient(std::string url) : url_(std::move(url)) {}

  /// The JSON answer; the host's own error where it sends one, kUnavailable where none runs.
  Result<Json> get(const std::string& path) const;
  Result<Json> post(const std::string& path, const std::string& content_type, std::string_view body,
                    const std::function<void(std::uint64_t sent)>& progress = {}) const;

 private:
  Result<Json> read(const Result<HttpAnswer>& answer, const std::string& path) const;
  std::string url_;
};

}  // namespace gantry::cli
