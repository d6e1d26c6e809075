#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"

namespace gantry::cli {
namespace {

class Hello : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "Whom to greet.", false);
  }

  int run(Context& context) override {
    if (!context.hooks.hello) return context.terminal.fail("this build cannot greet");
    const auto config = context.load();
    if (!config) return 1;
    const Result<std::string> greeting = context.hooks.hello(*config, name_);
    if (!greeting) return context.fail(greeting.error());
    if (context.options.json) return context.print({{"greeting", *greeting}});
    context.out() << *greeting << '\n';
    return 0;
  }

 private:
  std::string name_ = "World";
};

}  // namespace

std::unique_ptr<Command> make_hello() { return std::make_unique<Hello>(); }

}  // namespace gantry::cli
