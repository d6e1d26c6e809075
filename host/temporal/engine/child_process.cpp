#include "host/temporal/engine/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace gantry::temporal {
namespace {

Error system_error(std::string what, int code) {
  return {ErrorKind::kUnavailable, std::move(what), std::generic_category().message(code)};
}

/// glibc 2.36 declares its wrapper without C linkage.
int open_pidfd(::pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* arguments, int log, int keep_fd,
                         ::pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // It ended before the line above took effect.
  ::sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  // Not every library opens with O_CLOEXEC: a listening socket that the child holds stays taken.
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (keep_fd >= 0) ::fcntl(keep_fd, F_SETFD, 0);
  ::execv(program, arguments);
  ::_exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& program,
                                         const std::vector<std::string>& arguments,
                                         const std::filesystem::path& log, int keep_fd) {
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return system_error("cannot write " + log.string(), errno);
  std::string name = program.filename().string();
  std::vector<std::string> words = arguments;
  std::vector<char*> argv{name.data()};
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const ::pid_t parent = ::getpid();
  const ::pid_t pid = ::fork();
  if (pid == 0) become(program.c_str(), argv.data(), log_fd, keep_fd, parent);
  const int code = errno;
  ::close(log_fd);
  if (pid < 0) return system_error("cannot start " + program.string(), code);
  return ChildProcess(pid, open_pidfd(pid));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      ended_(std::move(other.ended_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) stop(std::chrono::milliseconds(0));
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<std::string> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (ended_) return ended_;
  ::pollfd wanted{pidfd_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wanted, 1, static_cast<int>(patience.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return ended_ = "gone";
  return ended_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                      : "exit status " + std::to_string(WEXITSTATUS(status));
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
  if (ended_) return;
  ::kill(-pid_, SIGTERM);
  if (wait(patience)) return;
  ::kill(-pid_, SIGKILL);
  wait(std::chrono::milliseconds(-1));
}

}  // namespace gantry::temporal
