#include "host/cli/command.hpp"

namespace gantry::cli {
namespace {

class Demo : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.option("--dir", options_.directory, "DIR",
                     "Keep the demo's state here instead of in a temporary folder.");
    arguments.flag("--keep", options_.keep, "Go on serving afterwards, until interrupted.");
  }

  int run(Context& context) override {
    if (!context.hooks.demo) return context.terminal.fail("this build has no demo");
    const auto config = context.load();
    if (!config) return 1;
    options_.json = context.options.json;
    return context.hooks.demo(*config, options_);
  }

 private:
  DemoOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_demo() { return std::make_unique<Demo>(); }

}  // namespace gantry::cli
