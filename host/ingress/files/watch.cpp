#include "host/ingress/files/watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

namespace gantry::files {
namespace {

Error failed(const std::string& path, int code) {
  std::string what = "watching " + path + " failed";
  if (code == ENOSPC || code == EMFILE) {
    what += ": raise fs.inotify.max_user_watches and max_user_instances";
  }
  return {ErrorKind::kUnavailable, std::move(what), std::generic_category().message(code)};
}

}  // namespace

Result<Watch> Watch::open(const Folder& folder) {
  Watch watch;
  watch.path_ = folder.path();
  watch.stop_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  watch.events_ = Descriptor(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch.stop_ || !watch.events_) return failed(watch.path_, errno);
  // Through the open directory, so that it is the very one that is read.
  const std::string path = "/proc/self/fd/" + std::to_string(folder.descriptor());
  constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (inotify_add_watch(watch.events_.get(), path.c_str(), kEvents) < 0) {
    return failed(watch.path_, errno);
  }
  return watch;
}

Result<Watch::Wake> Watch::wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> ends{pollfd{stop_.get(), POLLIN, 0}, pollfd{events_.get(), POLLIN, 0}};
  const bool first = std::exchange(fresh_, false);
  const auto wait_ms = first ? 0 : std::clamp<std::int64_t>(timeout.count(), 0, 86'400'000);
  const int count = poll(ends.data(), ends.size(), static_cast<int>(wait_ms));
  if (count < 0 && errno != EINTR) return failed(path_, errno);
  if (ends[0].revents != 0) return Wake::kStopped;
  if (ends[1].revents != 0 && !drain()) return failed(path_, ENOENT);
  return first || ends[1].revents != 0 ? Wake::kChanged : Wake::kTimeout;
}

bool Watch::drain() {
  alignas(inotify_event) std::array<char, 16 * 1024> bytes;
  for (;;) {
    const ssize_t size = read(events_.get(), bytes.data(), bytes.size());
    if (size <= 0) return true;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) {
        return false;
      }
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

void Watch::stop() const noexcept {
  // The counter is never read, so every later wait sees it too.
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
}

}  // namespace gantry::files
