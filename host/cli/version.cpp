#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

class Version : public Command {
 public:
  int run(Context& context) override {
    const Versions& versions = context.hooks.versions;
    if (context.options.json) {
      return context.print({{"version", versions.program},
                            {"core", versions.core},
                            {"abi", versions.abi},
                            {"build_id", versions.build_id}});
    }
    print_table(context.out(), {{"gantry", versions.program},
                                {"temporal core", versions.core},
                                {"plugin abi", versions.abi},
                                {"build id", versions.build_id}});
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> make_version() { return std::make_unique<Version>(); }

}  // namespace gantry::cli
