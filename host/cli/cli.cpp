#include "host/cli/cli.hpp"

#include <exception>

#include "host/cli/command.hpp"

namespace gantry::cli {

int main(int argc, const char* const* argv, const Hooks& hooks) {
  const config::Environment environment = config::process_environment();
  Terminal terminal = Terminal::standard(environment);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const int code = run(arguments, hooks, terminal, environment);
    terminal.out().flush();
    // A full disk or a closed pipe must not look like success.
    if (code == 0 && !terminal.out().good()) return terminal.fail("standard output is closed");
    return code;
  } catch (const std::exception& error) {
    return terminal.fail("a bug: " + std::string(error.what()));
  }
}

}  // namespace gantry::cli
