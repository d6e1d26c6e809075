#include "host/cli/command.hpp"

namespace gantry::cli {
namespace {

class Run : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--strict", strict_, "Refuse to start when any source is refused.");
  }

  int run(Context& context) override {
    if (!context.hooks.run) return context.terminal.fail("this build cannot serve");
    config::Inputs inputs = context.inputs();
    if (strict_) inputs.flags.push_back({"--strict", "strict", "true"});
    const auto config = context.load(inputs);
    if (!config) return 1;
    return context.hooks.run(*config, {inputs});
  }

 private:
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> make_run() { return std::make_unique<Run>(); }

}  // namespace gantry::cli
