#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/path_stats.hpp"

namespace gantry::cli {
namespace {

/// SIGINT and SIGTERM as an answer instead of an end. Blocked while it lives. [main]
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Interrupt() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// True where one came within the time.
  bool within(int seconds) const {
    const timespec time{.tv_sec = seconds, .tv_nsec = 0};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

class RolloutWatch : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.option("--interval", interval_s_, 1, 3'600, "Seconds between two looks.");
    arguments.option("--rounds", rounds_, 0, 1'000'000, "Looks until it ends; 0: until Ctrl-C.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Interrupt interrupt;
    const bool redraw = context.terminal.abilities().progress && !context.options.json;
    for (int round = 1;; ++round) {
      const auto row = look(*url);
      if (!row && round == 1) return context.fail(row.error());
      if (!row) {
        context.terminal.fail(row.error().message());
      } else if (context.options.json) {
        context.out() << dump_json(row->json) << '\n' << std::flush;
      } else if (redraw) {
        context.err() << '\r' << row->text << "\x1b[K" << std::flush;
      } else {
        context.out() << row->text << '\n' << std::flush;
      }
      if (round == rounds_ || interrupt.within(interval_s_)) break;
    }
    if (redraw) context.err() << '\n';
    return 0;
  }

 private:
  struct Row {
    std::string text;
    Json json;
  };

  static Result<Row> look(const std::string& url) {
    const Result<Json> state = AdminClient(url).get("/rollout");
    if (!state) return state.error();
    const auto paths = ask_host(url);
    if (!paths) return paths.error();
    Row row;
    row.text = text_at(*state, "percentage").value_or("?") + " %";
    row.json = {{"percentage", state->value("percentage", 0)}};
    for (const auto& [name, stats] :
         {std::pair{"temporal", &paths->temporal}, {"direct", &paths->direct}}) {
      row.text += std::string("  |  ") + name + ' ' + brief(*stats);
      row.json[name] = json_of(*stats);
    }
    return row;
  }

  int interval_s_ = 2;
  int rounds_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_rollout_watch() { return std::make_unique<RolloutWatch>(); }

}  // namespace gantry::cli
