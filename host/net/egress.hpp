#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/net/url.hpp"

namespace gantry::net {

/// The hosts that one caller may reach. Empty means none.
///
/// A pattern is `host`, `host:port`, `*.domain` or `*.domain:port`; an IPv6 address stands in
/// brackets. Without a port it means 443 for https, and 80 for http. `*.domain` covers every name
/// below the domain, not the domain itself. https only; http only to a loopback address that is on
/// the list.
class EgressList {
 public:
  EgressList() = default;

  /// kInvalid names the pattern at fault. [any-thread]
  static Result<EgressList> parse(const std::vector<std::string>& patterns);
  /// The one address that the operator configured, http too: for what carries no secret.
  static EgressList only(const Url& url);

  /// kDenied, naming host and port and where to allow them. [any-thread]
  Result<void> judge(const Url& url) const;

 private:
  struct Rule {
    std::string host;        ///< Lower case; for a wildcard ".domain".
    std::uint16_t port = 0;  ///< 0: the default of the scheme.
    bool below = false;
    bool plain = false;  ///< http is allowed.
  };
  std::vector<Rule> rules_;
};

}  // namespace gantry::net
