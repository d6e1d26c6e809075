#include "host/app/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "host/base/assert.hpp"

namespace gantry::app {

Signals::Signals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int one : signals) sigaddset(&set, one);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  GANTRY_ASSERT(signal_fd_ >= 0 && wake_fd_ >= 0);
}

Signals::~Signals() {
  close(signal_fd_);
  close(wake_fd_);
}

int Signals::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
  const std::stop_callback on_stop(stop, [this] { wake(); });
  for (;;) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(time.count()));
    if (ready == 0 || (ready < 0 && errno != EINTR)) return 0;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) == sizeof info)
      return static_cast<int>(info.ssi_signo);
    std::uint64_t count = 0;
    if (read(wake_fd_, &count, sizeof count) == sizeof count) return 0;
  }
}

void Signals::wake() noexcept {
  const std::uint64_t one = 1;
  // Cannot fail but by overflow, and then a wake is pending already.
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

}  // namespace gantry::app
