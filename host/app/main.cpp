#include "host/app/hooks.hpp"

int main(int argc, char** argv) { return gantry::cli::main(argc, argv, gantry::app::hooks()); }
