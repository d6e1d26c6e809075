#include "host/plugins/conformance/sandbox.hpp"

extern "C" {  // the header of glibc 2.36 forgot it
#include <sys/pidfd.h>
}

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"

namespace gantry::plugins::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kWordsMax = 240;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) { GANTRY_ASSERT(fd >= 0); }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Each field as its length in four bytes and its bytes; the verdict goes first.
std::string pack(const Outcome& outcome) {
  std::string out(1, static_cast<char>(outcome.verdict));
  for (const std::string* field : {&outcome.expected, &outcome.seen, &outcome.remedy}) {
    const auto size = static_cast<std::uint32_t>(field->size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += *field;
  }
  return out;
}

/// Empty where the child has not said everything.
std::optional<Outcome> unpack(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  Outcome outcome;
  outcome.verdict = static_cast<Verdict>(bytes[0]);
  bytes.remove_prefix(1);
  for (std::string* field : {&outcome.expected, &outcome.seen, &outcome.remedy}) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) return std::nullopt;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (bytes.size() < size) return std::nullopt;
    *field = bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
  return outcome;
}

[[noreturn]] void be_child(const std::function<Outcome()>& body, int out, int words, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(3);  // the parent died before the line above
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nowhere, STDIN_FILENO);
  ::close(nowhere);
  ::dup2(words, STDOUT_FILENO);
  ::dup2(words, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);

  const std::string answer = pack(body());
  std::size_t sent = 0;
  while (sent < answer.size()) {
    const ::ssize_t put = ::write(out, answer.data() + sent, answer.size() - sent);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) ::_exit(3);
    sent += static_cast<std::size_t>(put);
  }
  ::_exit(0);
}

/// What the pipe holds now, without waiting.
void drain(int fd, std::string& into) {
  std::array<char, 4096> chunk;
  ::ssize_t got = 0;
  while ((got = ::read(fd, chunk.data(), chunk.size())) > 0) {
    into.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

/// A sanitizer's summary, or else the last line that says something.
std::string last_words(int fd) {
  std::string text;
  std::array<char, 4096> chunk;
  ::ssize_t got = 0;
  for (::off_t at = 0; (got = ::pread(fd, chunk.data(), chunk.size(), at)) > 0; at += got) {
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  const auto line_at = [&](std::size_t at) {
    return escape_control(
        std::string_view(text).substr(at, std::min(kWordsMax, text.find('\n', at) - at)));
  };
  if (const auto at = text.rfind("SUMMARY: "); at != std::string::npos) return line_at(at);
  if (const auto at = text.find("runtime error: "); at != std::string::npos) return line_at(at);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return {};
  const auto at = text.rfind('\n');
  return line_at(at == std::string::npos ? 0 : at + 1);
}

std::string describe(int status, int words) {
  std::string text;
  if (WIFSIGNALED(status)) {
    text =
        "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ')';
  } else {
    text = "exit code " + std::to_string(WEXITSTATUS(status)) + " in the middle of the test";
  }
  const std::string said = last_words(words);
  return said.empty() ? text : text + ": " + said;
}

}  // namespace

ChildRun run_isolated(const std::function<Outcome()>& body, milliseconds timeout) {
  std::array<int, 2> ends{};
  GANTRY_ASSERT(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Descriptor words(::memfd_create("gantry-check", MFD_CLOEXEC));
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  GANTRY_ASSERT(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    be_child(body, ends[1], words.get(), parent);
  }
  ::setpgid(child, child);  // both sides do it, so that neither needs to wait for the other
  ::close(ends[1]);
  const Descriptor in(ends[0]);
  ::fcntl(in.get(), F_SETFL, O_NONBLOCK);
  const Descriptor alive(::pidfd_open(child, 0));

  const auto deadline = steady_clock::now() + timeout;
  std::string said;
  bool late = false;
  for (bool running = true; running && !late;) {
    std::array<pollfd, 2> waiting{{{in.get(), POLLIN, 0}, {alive.get(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    late = left.count() <= 0;
    if (late || ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) {
      continue;  // late, or interrupted by a signal
    }
    running = waiting[1].revents == 0;
    drain(in.get(), said);
    // A closed pipe stays readable: only the process counts from then on.
    if ((waiting[0].revents & POLLHUP) != 0 && running) {
      pollfd end{alive.get(), POLLIN, 0};
      const auto rest = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
      running = ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(0, rest.count()))) <= 0;
    }
  }
  // Whatever the plugin started belongs to the group and goes with it; the child itself is not
  // reaped yet, so its number cannot name another group.
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ChildRun run;
  if (auto outcome = unpack(said)) {
    run.outcome = std::move(*outcome);
  } else if (late) {
    run.end = ChildRun::End::kTimedOut;
  } else {
    run.end = ChildRun::End::kDied;
    run.died = describe(status, words.get());
  }
  return run;
}

}  // namespace gantry::plugins::conformance
