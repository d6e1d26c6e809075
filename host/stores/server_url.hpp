#pragma once

#include <string>

#include "host/base/error.hpp"

namespace gantry::stores {

/// A store's server as an operator writes it: scheme://[user@]host[:port][/name]. What is
/// before a plus in the scheme names the adapter and not the way to it: neo4j+https is https.
struct ServerUrl {
  std::string address;  ///< "https://host:port", "rediss://host": what the adapter dials.
  std::string user;     ///< Decoded.
  std::string name;     ///< The path without its first slash: a database, a prefix.

  /// kInvalid: a password (which no message repeats), a query, a fragment, or no URL. [any-thread]
  static Result<ServerUrl> parse(const std::string& url);
};

}  // namespace gantry::stores
