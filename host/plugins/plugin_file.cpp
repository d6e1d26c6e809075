#include "host/plugins/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::plugins {
namespace {

constexpr std::int64_t kFileMax = std::int64_t{512} << 20U;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string octal(::mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
  return text.data();
}

Refused unreadable(int error) {
  return {RefusalKind::kUnreadable, std::string("cannot be read: ") + std::strerror(error),
          "let the user that runs gantry read it"};
}

}  // namespace

std::string unsafe_because(::mode_t mode, ::uid_t owner, ::uid_t self) {
  if ((mode & S_IWOTH) != 0) return "is writable by everybody (mode " + octal(mode) + ")";
  if ((mode & S_IWGRP) != 0) return "is writable by its group (mode " + octal(mode) + ")";
  if (owner != 0 && owner != self) {
    return "belongs to user " + std::to_string(owner) +
           ", who is neither root nor the user that "
           "runs gantry";
  }
  return {};
}

Checked<PluginFile> read_plugin_file(const std::filesystem::path& path) {
  if (!path.is_absolute()) {
    return Refused{RefusalKind::kMissingFile, "is not an absolute path",
                   "write the whole path, beginning with /"};
  }
  std::error_code problem;
  PluginFile file;
  file.path = std::filesystem::canonical(path, problem);
  if (problem == std::errc::permission_denied) return unreadable(EACCES);
  if (problem) {
    return Refused{RefusalKind::kMissingFile, "does not exist",
                   "correct the path or install the plugin"};
  }
  // Non-blocking: opening a FIFO that nobody writes must not hang the start.
  const Descriptor in{::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0 && errno != ENXIO) return unreadable(errno);
  struct stat info{};
  if (in.fd < 0 || ::fstat(in.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return Refused{RefusalKind::kNotRegularFile, "is not a regular file",
                   "name the plugin's .so file itself"};
  }
  if (info.st_size > kFileMax) {
    return Refused{RefusalKind::kUnreadable, "is larger than 512 MiB", "strip it"};
  }
  file.bytes.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < file.bytes.size()) {
    const ::ssize_t got = ::read(in.fd, file.bytes.data() + have, file.bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  file.bytes.resize(have);
  file.sha256 = to_hex(sha256(file.bytes));
  return file;
}

Checked<void> check_permissions(const std::filesystem::path& canonical) {
  for (const auto& path : {canonical, canonical.parent_path()}) {
    const bool is_folder = path != canonical;
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return unreadable(errno);
    const std::string reason = unsafe_because(info.st_mode, info.st_uid, ::geteuid());
    if (reason.empty()) continue;
    const bool wrong_owner = reason.starts_with("belongs");
    return Refused{
        RefusalKind::kUnsafePermissions, (is_folder ? "its folder " : "") + reason,
        std::string(wrong_owner ? "chown root " : "chmod go-w ") + escape_control(path.string())};
  }
  return {};
}

}  // namespace gantry::plugins
