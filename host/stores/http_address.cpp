#include "host/stores/http_address.hpp"

#include <utility>

namespace gantry::stores {

Result<HttpAddress> HttpAddress::parse(const std::string& what, std::string url) {
  while (url.ends_with('/')) url.pop_back();
  const auto parsed = net::Url::parse(url);
  if (!parsed) return Error{ErrorKind::kInvalid, what + ": " + parsed.error().what};
  const bool v6 = parsed->host().find(':') != std::string::npos;
  const std::string host = v6 ? '[' + parsed->host() + ']' : parsed->host();
  const std::string authority = host + ':' + std::to_string(parsed->port());
  const std::string scheme = parsed->scheme() + "://";
  if (url != scheme + host && url != scheme + authority) {
    return Error{ErrorKind::kInvalid, what + " must be https://host:port without a path"};
  }
  auto egress = net::EgressList::parse({authority});
  if (!egress) return egress.error();
  if (const auto allowed = egress->judge(*parsed); !allowed) {
    return Error{ErrorKind::kInvalid, what + ": " + allowed.error().what};
  }
  return HttpAddress{std::move(url), std::move(*egress)};
}

}  // namespace gantry::stores
