#include "host/app/store_options.hpp"

#include "host/config/secrets.hpp"

namespace gantry::app {

Result<stores::OpenOptions> store_options(const config::Config& config) {
  const config::Stores& from = config.host.stores;
  stores::OpenOptions out;
  out.embedded.file = from.embedded_path;
  out.ca_file = from.ca_file;
  out.pool_size = from.pool_size;
  out.timeout = from.timeout;
  struct Port {
    const char* name;
    const config::StorePort& from;
    stores::PortOptions& to;
  };
  for (const Port& port :
       {Port{"documents", from.documents, out.documents},
        Port{"vectors", from.vectors, out.vectors}, Port{"graph", from.graph, out.graph},
        Port{"cache", from.cache, out.cache}}) {
    port.to.url = port.from.url;
    if (port.from.url.empty() || port.from.password.empty()) continue;
    auto password = config::resolve_secret(port.from.password, config.environment);
    if (!password) {
      return Error{password.error().kind,
                   "stores." + std::string(port.name) + ".password: " + password.error().what};
    }
    port.to.password = std::move(*password);
  }
  return out;
}

bool needs_an_operator(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kDenied:
    case ErrorKind::kUnsupported:
      return true;
    case ErrorKind::kConflict:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kExhausted:
    case ErrorKind::kInternal:
      return false;
  }
  return false;
}

}  // namespace gantry::app
