// The process that inbox_crash_test kills: it does one thing with the inbox in DIRECTORY and dies
// by SIGKILL at the named point. Everything it was promised goes to stdout before that.
//
//   inbox_crash_child DIRECTORY before_write|after_sync|after_answer|before_mark|stream

#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <string>

#include "host/ingress/dispatcher.hpp"
#include "tests/unit/ingress/support.hpp"

namespace gantry::ingress::test {
namespace {

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  while (true) pause();
}

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) die();
}

/// The engine: a start is durable once its line is written; then the process dies before the mark.
class DyingStarter final : public DeliveryStarter {
 public:
  Result<Start> start(std::string_view, std::string_view id) override {
    say("started " + std::string(id));
    die();
  }
};

int run(const std::string& directory, const std::string& point) {
  InboxOptions options;
  options.directory = directory;
  if (point == "before_write" || point == "after_sync") {
    const auto fatal = point == "before_write" ? InboxStep::kBeforeWrite : InboxStep::kAfterSync;
    options.probe = [fatal](InboxStep step) {
      if (step == fatal) die();
    };
  }
  auto inbox = Inbox::open(std::move(options)).value();
  if (point == "stream") {
    for (int i = 0;; ++i) {
      const std::string id = std::to_string(i);
      inbox->append(delivery("front", id), [id](Result<AppendResult> stored) {
        if (stored) say("answered " + id);
      });
      if (i % 16 == 15) static_cast<void>(append(*inbox, delivery("front", "pace-" + id)));
    }
  }
  inbox->append(delivery("front", "1"), [&](Result<AppendResult> stored) {
    if (stored) say("answered 1");
    if (point == "after_answer") die();
  });
  DyingStarter starter;
  Dispatcher dispatcher(*inbox, starter, {});
  if (point == "before_mark") dispatcher.start();
  while (true) pause();
}

}  // namespace
}  // namespace gantry::ingress::test

int main(int argc, char** argv) {
  return argc == 3 ? gantry::ingress::test::run(argv[1], argv[2]) : 2;
}
