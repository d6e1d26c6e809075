#include "host/app/service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace gantry::app {
namespace {

/// Of a status line, at most.
constexpr std::chrono::milliseconds kDelay{2'000};
/// A manager that reads nothing must not hold the host.
constexpr timeval kSendPatience{1, 0};

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

/// 0 for what is no number.
std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const std::string address = taken("NOTIFY_SOCKET");
  const std::uint64_t limit = number(taken("WATCHDOG_USEC"));
  const std::string watched = taken("WATCHDOG_PID");
  if (address.empty()) return manager;
  manager.connect(address);
  if (manager.socket_ < 0) return manager;
  manager.pause_ = kDelay;
  // Without a pid the watchdog is meant for whoever reads this.
  manager.watched_ =
      limit > 0 && (watched.empty() || number(watched) == static_cast<std::uint64_t>(::getpid()));
  if (manager.watched_) {
    const std::uint64_t half_ms = std::min<std::uint64_t>(limit / 2'000, kDelay.count());
    manager.pause_ = std::chrono::milliseconds(std::max<std::uint64_t>(half_ms, 1));
  }
  return manager;
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      watched_(other.watched_),
      pause_(other.pause_),
      status_(std::move(other.status_)),
      problem_(std::move(other.problem_)) {}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::connect(const std::string& address) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if ((address[0] != '/' && address[0] != '@') || address.size() >= sizeof to.sun_path) {
    problem_ = "NOTIFY_SOCKET=" + address + " is neither a path nor an abstract name";
    return;
  }
  std::memcpy(to.sun_path, address.data(), address.size());
  if (address[0] == '@') to.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr*>(&to), length) != 0) {
    problem_ = "NOTIFY_SOCKET=" + address + ": " + std::generic_category().message(errno);
    if (made >= 0) ::close(made);
    return;
  }
  ::setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  socket_ = made;
}

void ServiceManager::tell(std::string_view lines) {
  if (socket_ < 0) return;
  if (::send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL) < 0) {
    problem_ = "the service manager cannot be told: " + std::generic_category().message(errno);
  } else {
    problem_.clear();
  }
}

void ServiceManager::ready() { tell("READY=1"); }

void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::stopping() { tell("STOPPING=1"); }

void ServiceManager::status(std::string_view line) {
  if (line == status_) return;
  status_ = line;
  tell("STATUS=" + status_);
}

void ServiceManager::beat() {
  if (watched_) tell("WATCHDOG=1");
}

}  // namespace gantry::app
