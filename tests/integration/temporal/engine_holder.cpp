#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "host/temporal/engine/embedded_server.hpp"

/// Starts a server in the folder and on the port given, prints its pid, and waits to be killed.
int main(int count, char** words) {
  if (count != 3) return 2;
  gantry::temporal::EmbeddedServerOptions options;
  options.state = words[1];
  options.port = static_cast<std::uint16_t>(std::atoi(words[2]));
  const auto server = gantry::temporal::EmbeddedServer::start(std::move(options));
  if (!server) return 1;
  std::printf("%d\n", (*server)->pid());
  std::fflush(stdout);
  for (;;) ::pause();
}
