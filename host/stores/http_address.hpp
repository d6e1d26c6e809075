#pragma once

#include <string>

#include "host/base/error.hpp"
#include "host/net/egress.hpp"

namespace gantry::stores {

/// A store's server that is reached over HTTP, and the permission to reach no other.
struct HttpAddress {
  std::string base;  ///< "https://host:port", without a slash at its end.
  net::EgressList egress;

  /// `what` begins the messages: "the graph's URL". kInvalid: no URL, a path or a query in it, or
  /// plain http to another machine. [any-thread]
  static Result<HttpAddress> parse(const std::string& what, std::string url);
};

}  // namespace gantry::stores
