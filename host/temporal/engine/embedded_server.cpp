#include "host/temporal/engine/embedded_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "host/base/json.hpp"
#include "host/temporal/client/client.hpp"
#include "host/temporal/engine/child_process.hpp"

namespace gantry::temporal {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kRestartPause = 500ms;
constexpr auto kRestartPauseMax = 30'000ms;
constexpr auto kStableAfter = 60s;
constexpr auto kLockPatience = 10s;
constexpr std::size_t kLogTail = 400;

Error failure(ErrorKind kind, std::string what, std::string upstream = {}) {
  return {kind, "embedded Temporal: " + std::move(what), std::move(upstream)};
}

bool is_executable(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

fs::path installed_path() {
  if (const char* cache = std::getenv("GANTRY_CACHE"); cache != nullptr && *cache != '\0') {
    return fs::path(cache) / "temporal/bin/temporal";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/" : home) / ".cache/gantry/temporal/bin/temporal";
}

/// Fails with the reason where nobody could listen on the loopback port.
Result<void> check_port(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  if (free) return {};
  return failure(ErrorKind::kConflict, "port " + std::to_string(port) +
                                           " is taken; configure another one, or the address of "
                                           "the server that runs there");
}

std::string tail_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const auto size = static_cast<std::size_t>(in.tellg());
  in.seekg(static_cast<std::streamoff>(size - std::min(size, kLogTail)));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> arguments_of(const EmbeddedServerOptions& options) {
  std::vector<std::string> words{
      "server", "start-dev", "--ip", "127.0.0.1", "--port", std::to_string(options.port),
      "--db-filename", options.state / "temporal.db", "--log-level", "warn", "--log-format", "json",
      "--namespace", options.name_space,
      // As durable as the rollback journal that it would choose, and several times as fast.
      "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL",
      // It would tell version-info.temporal.io that it runs.
      "--dynamic-config-value", "frontend.enableServerVersionCheck=false"};
  if (options.ui_port) {
    words.insert(words.end(), {"--ui-port", std::to_string(*options.ui_port)});
  } else {
    words.emplace_back("--headless");
  }
  if (options.metrics_port) {
    words.insert(words.end(), {"--metrics-port", std::to_string(*options.metrics_port)});
  }
  for (const auto& name : options.keywords) {
    words.insert(words.end(), {"--search-attribute", name + "=Keyword"});
  }
  for (const auto& [key, value] : options.dynamic_config) {
    words.insert(words.end(), {"--dynamic-config-value", key + "=" + value});
  }
  return words;
}

}  // namespace

Result<fs::path> find_temporal(const fs::path& wanted) {
  if (!wanted.empty()) {
    if (is_executable(wanted)) return wanted;
    return failure(ErrorKind::kNotFound, wanted.string() + " is not an executable");
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && is_executable(fs::path(folder) / "temporal")) {
      return fs::path(folder) / "temporal";
    }
  }
  const auto installed = installed_path();
  if (is_executable(installed)) return installed;
  return failure(ErrorKind::kNotFound,
                 "no `temporal` executable: none configured, none on PATH, none at " +
                     installed.string() +
                     "; get it from https://docs.temporal.io/cli, or name a server");
}

/// The keeper thread starts the child (which dies with that thread), watches it, starts it again.
class EmbeddedServer::Impl {
 public:
  explicit Impl(EmbeddedServerOptions options)
      : options_(std::move(options)), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {}

  ~Impl() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto count = ::write(stop_fd_, &one, sizeof one);
    if (keeper_.joinable()) keeper_.join();
    ::close(stop_fd_);
    if (lock_fd_ >= 0) ::close(lock_fd_);
  }

  Result<void> start(const std::stop_token& stop) {
    auto found = find_temporal(options_.executable);
    if (!found) return found.error();
    options_.executable = *found;
    std::error_code problem;
    fs::create_directories(options_.state, problem);
    if (problem) {
      return failure(ErrorKind::kDenied, "cannot create " + options_.state.string(),
                     problem.message());
    }
    if (const auto locked = lock(stop); !locked) return locked;
    for (const auto port :
         {std::optional(options_.port), options_.ui_port, options_.metrics_port}) {
      if (!port) continue;
      if (const auto free = check_port(*port); !free) return free;
    }
    keeper_ = std::thread([this] { keep(); });
    return wait_until_serving(stop);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(options_.port); }
  int pid() const noexcept { return pid_; }

 private:
  fs::path log_file() const { return options_.state / "temporal.log"; }

  /// The child shares the lock, so a server that a killed host left behind still holds it.
  Result<void> lock(const std::stop_token& stop) {
    const auto path = options_.state / "engine.lock";
    lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_fd_ < 0) return failure(ErrorKind::kDenied, "cannot write " + path.string());
    const auto deadline = Clock::now() + kLockPatience;
    while (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
      if (stop.stop_requested()) return failure(ErrorKind::kCancelled, "stopped");
      if (Clock::now() > deadline) {
        return failure(ErrorKind::kConflict,
                       options_.state.string() + " is in use by another process");
      }
      std::this_thread::sleep_for(50ms);
    }
    return {};
  }

  Result<void> wait_until_serving(const std::stop_token& stop) {
    const auto started = Clock::now();
    ConnectionOptions options;
    options.address = address();
    options.name_space = options_.name_space;
    options.connect_patience = 500ms;
    options.log_filter.clear();
    for (;;) {
      const auto connection = Connection::open(options, {}, stop);
      Error last = connection ? Error() : connection.error();
      if (connection) {
        const auto ready = Client(**connection).describe_namespace();
        if (ready) return ready_line(started);
        last = ready.error();
      }
      const auto waited =
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);
      if (stop.stop_requested()) return failure(ErrorKind::kCancelled, "stopped while starting");
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 100ms, [this] { return !early_end_.empty(); });
        if (!early_end_.empty()) {
          return failure(ErrorKind::kUnavailable,
                         "the server ended while starting (" + early_end_ + "); its log is " +
                             log_file().string(),
                         tail_of(log_file()));
        }
      }
      if (waited > options_.start_patience) {
        return failure(ErrorKind::kTimeout,
                       "the server does not serve; its log is " + log_file().string(),
                       last.message());
      }
      if (options_.progress) options_.progress(waited);
    }
  }

  Result<void> ready_line(Clock::time_point started) {
    {
      const std::lock_guard lock(mutex_);
      serving_ = true;
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count();
    say(LogLevel::kInfo, "engine_serving", {{"address", address()}, {"took_ms", took}});
    return {};
  }

  void say(LogLevel level, std::string_view event, const Json& fields) const {
    if (options_.log) options_.log({level, "temporal.engine", event, dump_json(fields)});
  }

  bool stopped_within(std::chrono::milliseconds time) const {
    ::pollfd wanted{stop_fd_, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
  }

  /// True where this object ends, false where the child did.
  bool stopped_before_end_of(const ChildProcess& child) const {
    std::array<::pollfd, 2> wanted{{{stop_fd_, POLLIN, 0}, {child.ended_fd(), POLLIN, 0}}};
    while (::poll(wanted.data(), wanted.size(), -1) <= 0) {
    }
    return (wanted[0].revents & POLLIN) != 0;
  }

  void keep() {
    auto pause = std::chrono::milliseconds(kRestartPause);
    for (;;) {
      const auto started = Clock::now();
      auto child =
          ChildProcess::start(options_.executable, arguments_of(options_), log_file(), lock_fd_);
      std::string end;
      if (child) {
        pid_ = child->pid();
        if (stopped_before_end_of(*child)) {
          child->stop(options_.stop_patience);
          return;
        }
        end = child->wait(0ms).value_or("ended");
      } else {
        end = child.error().message();
      }
      if (!keep_going(end)) return;
      if (Clock::now() - started > kStableAfter) pause = kRestartPause;
      say(LogLevel::kError, "engine_died",
          {{"reason", end}, {"log", log_file().string()}, {"restart_in_ms", pause.count()}});
      if (stopped_within(pause)) return;
      pause = std::min(pause * 2, std::chrono::milliseconds(kRestartPauseMax));
    }
  }

  /// False where it never served: then start() reports it.
  bool keep_going(const std::string& end) {
    const std::lock_guard lock(mutex_);
    if (serving_) return true;
    early_end_ = end;
    changed_.notify_all();
    return false;
  }

  EmbeddedServerOptions options_;
  const int stop_fd_;
  int lock_fd_ = -1;
  std::atomic<int> pid_{-1};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool serving_ = false;
  std::string early_end_;
  std::thread keeper_;
};

EmbeddedServer::EmbeddedServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedServer::~EmbeddedServer() = default;

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(EmbeddedServerOptions options,
                                                              const std::stop_token& stop) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const auto started = impl->start(stop);
  if (!started) return started.error();
  return std::unique_ptr<EmbeddedServer>(new EmbeddedServer(std::move(impl)));
}

std::string EmbeddedServer::address() const { return impl_->address(); }
int EmbeddedServer::pid() const noexcept { return impl_->pid(); }

}  // namespace gantry::temporal
