#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"
#include "host/cli/status_view.hpp"

namespace gantry::cli {
namespace {

class Status : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("ID", id_, "source/delivery, a delivery id, or a document id.", true);
    arguments.flag("--wait", wait_, "Wait until it is done; exit 1 if it ends badly.");
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const AdminClient admin(*url);
    const Result<Json> status =
        wait_ ? wait_status(admin, id_, std::chrono::seconds(timeout_s_)) : read_status(admin, id_);
    if (!status) return context.fail(status.error());
    const int code = wait_ && !ended_well(*status) ? 1 : 0;
    if (context.options.json) return context.print(*status, code);
    print_status(context.terminal, *status);
    return code;
  }

 private:
  std::string id_;
  bool wait_ = false;
  int timeout_s_ = 60;
};

}  // namespace

std::unique_ptr<Command> make_status() { return std::make_unique<Status>(); }

}  // namespace gantry::cli
