// The process that crash_test kills: it works through the files in DIRECTORY and dies by SIGKILL
// just before its STEP-th rename or sync, whoever makes it (the rooms or SQLite).
//
//   files_crash_child DIRECTORY STEP

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "tests/unit/files/crash_work.hpp"

namespace {

std::atomic<long> steps_left{-1};

void step() {
  if (steps_left.fetch_sub(1) != 1) return;
  kill(getpid(), SIGKILL);
  while (true) pause();
}

}  // namespace

// The program's own definitions come before the C library's.
extern "C" int renameat2(int from, const char* name, int to, const char* new_name,
                         unsigned flags) noexcept {
  step();
  return static_cast<int>(syscall(SYS_renameat2, from, name, to, new_name, flags));
}
extern "C" int renameat(int from, const char* name, int to, const char* new_name) noexcept {
  step();
  return static_cast<int>(syscall(SYS_renameat2, from, name, to, new_name, 0u));
}
extern "C" int fsync(int file) {
  step();
  return static_cast<int>(syscall(SYS_fsync, file));
}
extern "C" int fdatasync(int file) {
  step();
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  steps_left = std::atol(argv[2]);
  gantry::files::test::work(argv[1]);
  return 0;
}
