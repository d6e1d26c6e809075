/// confined ATTEMPT: enters the sandbox of gantry-pdf-text, then makes one attempt. Exit code 0
/// where the kernel refused it, 1 where it did not, 2 no such attempt, 3 no sandbox. "compute" ends
/// with 0 where it could, "abort" by SIGABRT. Without sanitizers, as the program whose sandbox it
/// is: theirs ask the kernel for more.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "host/pipeline/pdf/confine.hpp"

namespace {

/// What the kernel answers, -1 with errno where it refuses.
long attempt(std::string_view name, ::pid_t parent) {
  if (name == "open") return ::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
  if (name == "make") return ::syscall(SYS_openat, AT_FDCWD, "made", O_CREAT | O_WRONLY, 0600);
  if (name == "remove") return ::syscall(SYS_unlinkat, AT_FDCWD, "made", 0);
  if (name == "socket") return ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
  if (name == "fork") return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (name == "exec") {
    const char* const words[] = {"true", nullptr};
    return ::syscall(SYS_execve, "/bin/true", words, words + 1);
  }
  if (name == "kill") return ::syscall(SYS_kill, parent, 0);
  if (name == "tgkill") return ::syscall(SYS_tgkill, parent, parent, 0);
  if (name == "ptrace") return ::syscall(SYS_ptrace, 0, 0, 0, 0);
  if (name == "peek") return ::syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0);
  std::_Exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  const ::pid_t parent = ::getppid();
  if (!gantry::pipeline::pdf::enter_sandbox()) return 3;
  if (name == "abort") std::abort();
  if (name == "compute") {
    const std::vector<std::string> words(1000, std::string(10'000, 'x'));
    return ::write(STDOUT_FILENO, words.back().data(), 0) == 0 ? 0 : 1;
  }
  return attempt(name, parent) < 0 && errno == EPERM ? 0 : 1;
}
