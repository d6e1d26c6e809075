#include <csignal>

#include "host/app/hooks.hpp"
#include "host/base/heap.hpp"

int main(int argc, char** argv) {
  gantry::bound_heap();
  // A peer that went away is an error of one write: libcurl over TLS would end the process.
  std::signal(SIGPIPE, SIG_IGN);
  return gantry::cli::main(argc, argv, gantry::app::hooks());
}
