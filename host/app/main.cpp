#include "host/app/hooks.hpp"
#include "host/base/heap.hpp"

int main(int argc, char** argv) {
  gantry::bound_heap();
  return gantry::cli::main(argc, argv, gantry::app::hooks());
}
