#include "host/pipeline/pdf/confine.hpp"

#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <new>

namespace gantry::pipeline::pdf {
namespace {

bool bound(int which, rlim_t limit) {
  const rlimit both{limit, limit};
  return ::setrlimit(which, &both) == 0;
}

}  // namespace

bool set_bounds(const Bounds& bounds) {
  std::set_new_handler([] { ::_exit(kNoMemory); });
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto seconds = static_cast<rlim_t>(bounds.seconds);
  const rlimit time{seconds, seconds + 1};  // the first is a signal with a name, the second kills
  return ::setrlimit(RLIMIT_CPU, &time) == 0 && bound(RLIMIT_CORE, 0) &&
         bound(RLIMIT_FSIZE, static_cast<rlim_t>(bounds.output_bytes)) &&
         bound(RLIMIT_AS, static_cast<rlim_t>(bounds.memory_mib) << 20);
}

bool enter_sandbox() {
  // What libc and libstdc++ need to compute and end. Everything else fails with EPERM, which
  // libraries take as "not there": a call that a newer libc prefers costs no crash.
  static constexpr int kAllowed[] = {
      SCMP_SYS(brk),          SCMP_SYS(clock_gettime), SCMP_SYS(close),
      SCMP_SYS(exit),         SCMP_SYS(exit_group),    SCMP_SYS(fstat),
      SCMP_SYS(futex),        SCMP_SYS(getpid),        SCMP_SYS(getrandom),
      SCMP_SYS(gettid),       SCMP_SYS(gettimeofday),  SCMP_SYS(lseek),
      SCMP_SYS(madvise),      SCMP_SYS(mmap),          SCMP_SYS(mprotect),
      SCMP_SYS(mremap),       SCMP_SYS(munmap),        SCMP_SYS(newfstatat),
      SCMP_SYS(read),         SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
      SCMP_SYS(rt_sigreturn), SCMP_SYS(write),         SCMP_SYS(writev)};
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return false;
  bool sound = true;
  for (const int call : kAllowed) {
    sound = sound && ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  // abort() raises a signal: in this process, never in the host's.
  const scmp_arg_cmp own{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0};
  sound = sound && ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own) == 0;
  sound = sound && ::seccomp_load(filter) == 0;
  ::seccomp_release(filter);
  return sound;
}

}  // namespace gantry::pipeline::pdf
