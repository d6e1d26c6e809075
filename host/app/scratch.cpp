#include "host/app/scratch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/base/assert.hpp"

namespace gantry::app {

int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  GANTRY_ASSERT(bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
  GANTRY_ASSERT(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(probe);
  return ntohs(address.sin_port);
}

Scratch::Scratch(config::Config& config) {
  std::string name = (std::filesystem::temp_directory_path() / "gantry-XXXXXX").string();
  GANTRY_ASSERT(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  config.host.state_dir = folder_ / "state";
  auto& stores = config.host.stores;
  stores.embedded_path = (folder_ / "state/stores.db").string();
  // A demo writes to nobody's server.
  for (auto* port : {&stores.documents, &stores.vectors, &stores.graph, &stores.cache}) *port = {};
  config.host.temporal.engine_port = free_port();
  config.host.temporal.ui_port = 0;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace gantry::app
