#include <nlohmann/json.hpp>
#include <thread>

#include "host/cli/command.hpp"
#include "host/cli/status_view.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{250};
constexpr long kOk = 200;

class Status : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional(
        "ID", id_, "source/delivery, a delivery id, or a document id. Without: the host.", false);
    arguments.flag("--wait", wait_, "Wait until it is done; exit 1 if it ends badly.");
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    if (id_.empty()) return host(context, *url);
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
  /// /readyz; 0 where the host serves, for health checks of containers and scripts.
  int host(Context& context, const std::string& url) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    for (;;) {
      const auto answer = http_exchange("GET", url + "/readyz", {}, {});
      const bool ready = answer && answer->status == kOk;
      if (ready || !wait_ || std::chrono::steady_clock::now() >= deadline) {
        return answer ? show(context, *answer, ready ? 0 : 1)
                      : context.fail(no_host(answer.error(), url));
      }
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  static int show(Context& context, const HttpAnswer& answer, int code) {
    const Result<Json> page = parse_json(answer.body);
    if (!page || !page->is_object() || !page->contains("status")) {
      return context.terminal.fail("/readyz answers " + std::to_string(answer.status) +
                                   ", which no host of Gantry does");
    }
    if (context.options.json) return context.print(*page, code);
    std::vector<std::vector<std::string>> rows{{"host", page->value("status", "")}};
    const Json temporal = page->value("temporal", Json::object());
    rows.push_back({"temporal", temporal.value("address", "") +
                                    (temporal.value("serving", false) ? "" : " (no answer yet)")});
    for (const Json& store : page->value("stores", Json::array())) {
      rows.push_back({store.value("name", ""), store.value("reachable", false)
                                                   ? "reachable"
                                                   : store.value("reason", "unreachable")});
    }
    rows.push_back({"sources", std::to_string(page->value("sources", 0))});
    if (const int refused = page->value("refused", 0); refused > 0) {
      rows.push_back({"refused", std::to_string(refused) + ", see gantry sources"});
    }
    print_table(context.out(), rows);
    return code;
  }

  std::string id_;
  bool wait_ = false;
  int timeout_s_ = 60;
};

}  // namespace

std::unique_ptr<Command> make_status() { return std::make_unique<Status>(); }

}  // namespace gantry::cli
