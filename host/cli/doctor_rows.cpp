#include "host/cli/doctor_rows.hpp"

#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

namespace gantry::cli {
namespace {

namespace fs = std::filesystem;
using State = DoctorRow::State;

constexpr std::uintmax_t kSpaceWarn = std::uintmax_t{1} << 30;
constexpr std::uintmax_t kSpaceFail = std::uintmax_t{100} << 20;
/// Stores, engine, plugins and logs need their own beside the connections.
constexpr rlim_t kOtherDescriptors = 512;
constexpr std::chrono::seconds kClockWarn{1};
constexpr std::chrono::seconds kClockFail{60};

/// 0, or the errno of the step that failed.
int try_listen(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return EADDRNOTAVAIL;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  const int socket = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  // As the host itself does; without it a port in TIME_WAIT would look taken.
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listening =
      ::bind(socket, found->ai_addr, found->ai_addrlen) == 0 && ::listen(socket, 1) == 0;
  const int problem = listening ? 0 : errno;
  ::close(socket);
  return problem;
}

std::string mib(std::uintmax_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

DoctorRow port_row(const std::string& name, const std::string& address, const std::string& key,
                   bool held_by_us) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  DoctorRow row{State::kPass, name, address + " is free", ""};
  const int problem = try_listen(host, port);
  if (problem == 0) return row;
  if (problem == EADDRINUSE && held_by_us) {
    row.detail = address + " is held by the running host";
    return row;
  }
  row.state = State::kFail;
  row.detail = address + ": " + std::strerror(problem);
  row.remedy = problem == EADDRINUSE
                   ? "see who holds it (ss -ltnp 'sport = :" + port + "'), or change " + key
               : problem == EACCES ? "ports below 1024 need CAP_NET_BIND_SERVICE; or change " + key
                                   : "this machine has no such address; change " + key;
  return row;
}

DoctorRow plugin_dir_row(const std::string& directory) {
  DoctorRow row{State::kFail, "plugin directory", "", ""};
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) {
    row.detail = directory + ": " + std::strerror(errno);
    row.remedy = "create it, or set plugin_dir";
  } else if (!S_ISDIR(status.st_mode)) {
    row.detail = directory + " is no directory";
    row.remedy = "set plugin_dir";
  } else if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    row.detail = directory + " belongs to user " + std::to_string(status.st_uid);
    row.remedy = "whoever owns it decides what code runs here: chown root " + directory;
  } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    row.detail = directory + " may be written by group or others";
    row.remedy = "chmod go-w " + directory;
  } else {
    row.state = State::kPass;
    row.detail = directory;
  }
  return row;
}

std::vector<DoctorRow> state_dir_rows(const std::string& directory) {
  // What does not exist yet will be made inside the nearest folder that does.
  std::error_code error;
  fs::path nearest = fs::absolute(directory, error);
  while (!fs::exists(nearest, error) && nearest.has_relative_path()) {
    nearest = nearest.parent_path();
  }
  DoctorRow writable{State::kPass, "state directory", directory, ""};
  if (!fs::is_directory(nearest, error)) {
    writable = {State::kFail, "state directory", nearest.string() + " is no directory",
                "set state_dir"};
  } else if (::access(nearest.c_str(), W_OK | X_OK) != 0) {
    writable = {State::kFail, "state directory", nearest.string() + ": " + std::strerror(errno),
                "make it writable for the host's user, or set state_dir"};
  } else if (nearest != fs::absolute(directory, error)) {
    writable.detail += " will be created";
  }
  DoctorRow space{State::kPass, "disk space", "", ""};
  const fs::space_info info = fs::space(nearest, error);
  if (error) {
    space = {State::kWarn, "disk space", "cannot be told: " + error.message(), "check with df"};
  } else {
    space.detail = mib(info.available) + " free";
    if (info.available < kSpaceWarn) {
      space.state = info.available < kSpaceFail ? State::kFail : State::kWarn;
      space.remedy = "a full disk closes the door (503): free space, or move state_dir";
    }
  }
  return {writable, space};
}

DoctorRow descriptor_row(const config::HostConfig& host) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return {State::kWarn, "file descriptors", std::strerror(errno), "check with ulimit -n"};
  }
  const rlim_t wanted = static_cast<rlim_t>(host.ingress.connections_max) + kOtherDescriptors;
  if (limit.rlim_cur >= wanted) {
    return {State::kPass, "file descriptors", std::to_string(limit.rlim_cur), ""};
  }
  return {State::kWarn, "file descriptors",
          std::to_string(limit.rlim_cur) + ", and " + std::to_string(wanted) + " could be needed",
          "ulimit -n " + std::to_string(wanted) +
              " (systemd: LimitNOFILE), or lower ingress.connections_max"};
}

std::optional<bool> clock_is_kept() {
  timex state{};
  const int clock = ::adjtimex(&state);
  if (clock < 0) return std::nullopt;
  return clock != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

DoctorRow clock_row(std::optional<bool> kept, const std::vector<ClockOffset>& servers) {
  DoctorRow row{State::kPass, "clock", "", ""};
  const auto say = [&row](const std::string& words) {
    row.detail += (row.detail.empty() ? "" : ", ") + words;
  };
  std::chrono::milliseconds worst{0};
  for (const ClockOffset& one : servers) {
    const bool ahead = one.ahead.count() >= 0;
    const auto off = ahead ? one.ahead : -one.ahead;
    say(one.server + " " + std::to_string(off.count()) + (ahead ? " ms ahead" : " ms behind"));
    worst = std::max(worst, off);
  }
  if (kept) say(*kept ? "kept by a time service" : "no time service keeps it");
  if (row.detail.empty()) say("nothing here to compare it with");
  if (worst >= kClockWarn) {
    row.state = worst >= kClockFail ? State::kFail : State::kWarn;
    row.remedy = "signed times and leases go by it: set the machine that is wrong (timedatectl)";
  } else if (kept && !*kept) {
    row.state = State::kWarn;
    row.remedy = "timedatectl set-ntp true, or run chrony";
  }
  return row;
}

}  // namespace gantry::cli
