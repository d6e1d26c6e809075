#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::app {

/// Tells the service manager that started this process how it is: systemd's notify protocol, as
/// sd_notify(3) documents it. Where nobody listens it says nothing. [main]
class ServiceManager {
 public:
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child
  /// speaks for the host. Before the first thread.
  static ServiceManager from_environment();
  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  /// The host does its work: after the start, and after each reload.
  void ready();
  void reloading();
  void stopping();
  /// One line for `systemctl status`; told where it changed.
  void status(std::string_view line);
  /// "I am alive", due at each pause(). Nothing where no watchdog is set.
  void beat();

  /// Between two beats, at most half of what the watchdog allows; nothing where nobody listens.
  std::optional<std::chrono::milliseconds> pause() const { return pause_; }
  /// Why the manager cannot be told; empty where all is well.
  const std::string& problem() const { return problem_; }

 private:
  ServiceManager() = default;
  void connect(const std::string& address);
  void tell(std::string_view lines);

  int socket_ = -1;
  bool watched_ = false;
  std::optional<std::chrono::milliseconds> pause_;
  std::string status_;
  std::string problem_;
};

}  // namespace gantry::app
