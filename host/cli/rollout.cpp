#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "host/base/encoding.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/path_stats.hpp"
#include "host/cli/progress.hpp"
#include "host/rollout/comparison.hpp"

namespace gantry::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{500};

void print_state(std::ostream& out, const Json& state) {
  const auto text = [&](const char* name) {
    return escape_control(text_at(state, name).value_or("?"));
  };
  const auto set_at = text_at(state, "set_at");
  out << "rollout     " << text("percentage") << " %  "
      << (set_at ? "set at run time, " + escape_control(*set_at) : "as configured") << '\n'
      << "configured  " << text("configured") << " %  " << text("origin") << '\n';
  const bool away = state.value("away", false);
  const bool direct = text_at(state, "when_away") == "direct";
  out << "temporal    " << (away ? "away" : "answers") << "; while it is away its documents "
      << (direct ? "take the direct path" : "wait") << '\n';
  if (const auto path = state.find("direct"); path != state.end()) {
    out << "direct      " << text_at(*path, "jobs").value_or("?") << " in hand, "
        << text_at(*path, "waiting").value_or("?") << " of them waiting\n";
  }
}

class RolloutShow : public Command {
 public:
  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> state = AdminClient(*url).get("/rollout");
    if (!state) return context.fail(state.error());
    if (context.options.json) return context.print(*state);
    print_state(context.out(), *state);
    return 0;
  }
};

class RolloutSet : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("PERCENTAGE", percentage_, "0 to 100: what goes through Temporal.", true);
    arguments.flag("--drain", drain_,
                   "Wait until the ingestion workflows that run now have ended; at 0, all.");
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait with --drain.");
  }

  int run(Context& context) override {
    int wanted = 0;
    const auto [end, problem] =
        std::from_chars(percentage_.data(), percentage_.data() + percentage_.size(), wanted);
    if (problem != std::errc{} || end != percentage_.data() + percentage_.size() || wanted < 0 ||
        wanted > 100) {
      context.terminal.fail("PERCENTAGE: want a whole number, 0 to 100");
      return 2;
    }
    const auto url = context.admin_url();
    if (!url) return 1;
    const AdminClient admin(*url);
    Result<Json> state = admin.post("/rollout", "application/json",
                                    "{\"percentage\":" + std::to_string(wanted) + '}');
    if (!state) return context.fail(state.error());
    if (drain_) {
      state = drained(context, admin, wanted == 0 ? "" : text_at(*state, "set_at").value_or(""));
      if (!state) return context.fail(state.error());
    }
    if (context.options.json) return context.print(*state);
    print_state(context.out(), *state);
    return 0;
  }

 private:
  /// The server's list lags a little: nothing counts as ended before it was so twice.
  Result<Json> drained(Context& context, const AdminClient& admin,
                       const std::string& before) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    std::optional<Progress> progress;
    std::uint64_t most = 0;
    for (int none = 0;;) {
      Result<Json> state = admin.get("/rollout?running_since_before=" + percent_encoded(before));
      if (!state) return state;
      const auto running = state->value("running", std::uint64_t{0});
      none = running == 0 ? none + 1 : 0;
      if (none == 2) return state;
      most = std::max(most, running);
      if (!progress && most > 0) progress.emplace(context.terminal, "ending", most);
      if (progress) progress->advance(most - running);
      if (std::chrono::steady_clock::now() >= deadline) {
        return Error{ErrorKind::kTimeout,
                     std::to_string(running) + " workflows have not ended after " +
                         std::to_string(timeout_s_) + " s; the percentage is set, they go on"};
      }
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  std::string percentage_;
  bool drain_ = false;
  int timeout_s_ = 600;
};

class RolloutCompare : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.option("--prometheus", prometheus_, "URL",
                     "Ask this Prometheus instead of the host's own metrics.");
    arguments.option("--window", window_, "TIME", "With --prometheus: the time that counts.");
    arguments.option("--samples", samples_, 1, 1'000'000, "Documents that each path must have.");
    arguments.option("--error-ratio", error_ratio_, 1, 1'000,
                     "Error rate of Temporal, in times of the direct path's, that is too high.");
    arguments.option("--errors", errors_, 1, 1'000'000, "Fewer dead letters are no error rate.");
    arguments.option("--latency-ratio", latency_ratio_, 1, 1'000, "The same for P99.");
    arguments.option("--p99-floor-ms", floor_ms_, 0, 3'600'000, "A P99 below is never too slow.");
  }

  int run(Context& context) override {
    Result<BothPaths> paths = Error{};
    if (prometheus_.empty()) {
      const auto url = context.admin_url();
      if (!url) return 1;
      paths = ask_host(*url);
    } else {
      while (prometheus_.ends_with('/')) prometheus_.pop_back();
      paths = ask_prometheus(prometheus_, window_);
    }
    if (!paths) return context.fail(paths.error());
    const auto judged = rollout::judge(paths->temporal, paths->direct,
                                       {.error_ratio = double(error_ratio_),
                                        .latency_ratio = double(latency_ratio_),
                                        .samples_min = double(samples_),
                                        .errors_min = double(errors_),
                                        .p99_floor = floor_ms_ / 1'000.0});
    const int code = judged.verdict == rollout::Verdict::kBad ? 1 : 0;
    if (context.options.json) {
      return context.print({{"verdict", rollout::to_string(judged.verdict)},
                            {"reasons", judged.reasons},
                            {"temporal", json_of(paths->temporal)},
                            {"direct", json_of(paths->direct)}},
                           code);
    }
    for (const auto& [name, stats] :
         {std::pair{"temporal", &paths->temporal}, {"direct", &paths->direct}}) {
      context.out() << name << "  " << brief(*stats) << '\n';
    }
    for (const auto& reason : judged.reasons) {
      if (code == 1) {
        context.terminal.fail(reason);
      } else {
        context.err() << "not compared: " << reason << '\n';
      }
    }
    return code;
  }

 private:
  std::string prometheus_;
  std::string window_ = "15m";
  int samples_ = 100;
  int error_ratio_ = 2;
  int errors_ = 3;
  int latency_ratio_ = 5;
  int floor_ms_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_rollout_show() { return std::make_unique<RolloutShow>(); }
std::unique_ptr<Command> make_rollout_set() { return std::make_unique<RolloutSet>(); }
std::unique_ptr<Command> make_rollout_compare() { return std::make_unique<RolloutCompare>(); }

}  // namespace gantry::cli
