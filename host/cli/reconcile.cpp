#include <nlohmann/json.hpp>
#include <thread>

#include "host/base/encoding.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{200};

class Reconcile : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait for the end.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> found = compare(context, AdminClient(*url));
    if (!found) return context.fail(found.error());
    const Json differences = found->value("differences", Json::array());
    const Json problems = found->value("problems", Json::array());
    const int code = differences.empty() && problems.empty() ? 0 : 1;
    if (context.options.json) return context.print(*found, code);
    if (!differences.empty()) {
      std::vector<std::vector<std::string>> rows = {{"KIND", "SUBJECT", "DETAIL"}};
      for (const Json& one : differences) {
        rows.push_back({text_at(one, "kind").value_or(""), text_at(one, "subject").value_or(""),
                        text_at(one, "detail").value_or("")});
      }
      print_table(context.out(), rows);
    }
    for (const Json& problem : problems) {
      context.terminal.fail("not compared: " + escape_control(problem.get<std::string>()));
    }
    context.err() << text_at(*found, "documents").value_or("0") << " documents compared, "
                  << differences.size()
                  << (differences.size() == 1 ? " difference\n" : " differences\n");
    return code;
  }

 private:
  /// Asks for a round and waits for its end.
  Result<Json> compare(Context& context, const AdminClient& admin) const {
    const Result<Json> asked = admin.post("/reconcile", "application/json", "");
    if (!asked) return asked.error();
    const auto wanted = asked->value("round", std::uint64_t{0});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    std::optional<Progress> progress;
    for (;;) {
      Result<Json> now = admin.get("/reconcile");
      if (!now) return now;
      if (now->value("round", std::uint64_t{0}) >= wanted) return now;
      // As many as last time: a guess that fills the line.
      if (!progress) {
        progress.emplace(context.terminal, "comparing", now->value("documents", std::uint64_t{0}));
      }
      progress->advance(now->value("seen", std::uint64_t{0}));
      if (std::chrono::steady_clock::now() >= deadline) {
        return Error{ErrorKind::kTimeout, "the comparison is not done after " +
                                              std::to_string(timeout_s_) + " s; it goes on"};
      }
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  int timeout_s_ = 600;
};

}  // namespace

std::unique_ptr<Command> make_reconcile() { return std::make_unique<Reconcile>(); }

}  // namespace gantry::cli
