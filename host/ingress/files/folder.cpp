#include "host/ingress/files/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"

namespace gantry::files {
namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::kNotFound;
    case EEXIST:
      return ErrorKind::kConflict;
    case ELOOP:
    case EXDEV:
    case EACCES:
    case EPERM:
      return ErrorKind::kDenied;
    case ENAMETOOLONG:
    case EINVAL:
      return ErrorKind::kInvalid;
    case ENOSYS:
      return ErrorKind::kUnsupported;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return ErrorKind::kExhausted;
    default:
      return ErrorKind::kUnavailable;
  }
}

std::string words(int code) { return std::generic_category().message(code); }

Entry to_entry(std::string_view name, const struct stat& status) {
  Entry entry;
  entry.name = name;
  entry.kind = S_ISREG(status.st_mode)   ? Entry::Kind::kFile
               : S_ISDIR(status.st_mode) ? Entry::Kind::kDirectory
               : S_ISLNK(status.st_mode) ? Entry::Kind::kLink
                                         : Entry::Kind::kOther;
  entry.size = static_cast<std::uint64_t>(status.st_size);
  entry.modified_at_ns =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + std::int64_t{status.st_mtim.tv_nsec};
  entry.inode = status.st_ino;
  entry.links = status.st_nlink;
  return entry;
}

/// A name is one component: the partner's text never becomes a path.
bool is_component(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

constexpr std::string_view kTemporary = ".gantry-new-";

}  // namespace

Error Folder::failed(std::string_view doing, std::string_view name, int code) const {
  std::string what = std::string(doing) + ' ' + path_;
  if (!name.empty()) what += '/' + escape_control(name);
  what += " failed";
  if (code == EXDEV) what += ": it leads out of its directory or to another file system";
  if (code == ELOOP) what += ": it is a symbolic link";
  if (code == ENOSYS) what += ": the kernel has no openat2; Linux 5.6 or later is needed";
  if (code == EACCES || code == EPERM) what += ": give the host's user rights to it";
  return {kind_of(code), std::move(what), words(code)};
}

Result<Folder> Folder::open(const std::filesystem::path& path) {
  Folder folder;
  folder.path_ = path.string();
  std::error_code code;
  std::filesystem::create_directories(path, code);
  folder.directory_ = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.directory_) return folder.failed("opening", {}, errno);
  struct stat status{};
  if (fstat(folder.directory_.get(), &status) != 0) return folder.failed("reading", {}, errno);
  folder.device_ = status.st_dev;
  return folder;
}

Result<std::vector<Entry>> Folder::list() const {
  // A second open of the directory: the position of a listing belongs to the open file.
  const int own = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return failed("listing", {}, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(own), &closedir);
  if (!listing) {
    const int code = errno;
    close(own);
    return failed("listing", {}, code);
  }
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    const dirent* next = readdir(listing.get());
    if (next == nullptr) {
      if (errno != 0) return failed("listing", {}, errno);
      break;
    }
    const std::string_view name(next->d_name);
    if (name == "." || name == "..") continue;
    auto entry = look(name);
    if (!entry) return entry.error();
    if (*entry) entries.push_back(std::move(**entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& left, const Entry& right) { return left.name < right.name; });
  return entries;
}

Result<std::optional<Entry>> Folder::look(std::string_view name) const {
  if (!is_component(name)) return failed("reading", name, EINVAL);
  struct stat status{};
  if (fstatat(directory_.get(), std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::optional<Entry>();
    return failed("reading", name, errno);
  }
  return std::optional<Entry>(to_entry(name, status));
}

Result<Descriptor> Folder::open_beneath(std::string_view name, std::uint64_t flags) const {
  if (!is_component(name)) return failed("opening", name, EINVAL);
  open_how how{};
  how.flags = flags | O_CLOEXEC | O_NOCTTY;
  how.mode = (flags & O_CREAT) != 0 ? 0640 : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string path(name);
  long number = -1;
  do {
    number = syscall(SYS_openat2, directory_.get(), path.c_str(), &how, sizeof how);
  } while (number < 0 && (errno == EINTR || errno == EAGAIN));
  if (number < 0) return failed("opening", name, errno);
  return Descriptor(static_cast<int>(number));
}

Result<Descriptor> Folder::read(std::string_view name) const {
  // Non-blocking, because opening a pipe that nobody writes to would wait for good.
  auto file = open_beneath(name, O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  const auto entry = entry_of(*file);
  if (!entry) return entry.error();
  if (entry->kind != Entry::Kind::kFile || entry->links != 1) {
    return Error(ErrorKind::kDenied,
                 path_ + '/' + escape_control(name) +
                     " is no plain file with one name: a device, a pipe or a hard link");
  }
  return file;
}

Result<Descriptor> Folder::create(std::string_view name) const {
  if (auto removed = remove(name); !removed) return removed.error();
  return open_beneath(name, O_WRONLY | O_CREAT | O_EXCL);
}

Result<void> Folder::write(std::string_view name, std::string_view content) const {
  std::string temporary(kTemporary);
  temporary += name.substr(0, std::min<std::size_t>(name.size(), 200));
  const auto file = create(temporary);
  if (!file) return file.error();
  if (auto written = write_all(*file, content); !written) return written;
  if (auto synced = sync_file(*file); !synced) return synced;
  if (auto renamed = replace(temporary, name); !renamed) return renamed;
  return sync();
}

Result<void> Folder::move(std::string_view name, const Folder& to,
                          std::string_view new_name) const {
  if (!is_component(name) || !is_component(new_name)) return failed("moving", name, EINVAL);
  if (renameat2(directory_.get(), std::string(name).c_str(), to.directory_.get(),
                std::string(new_name).c_str(), RENAME_NOREPLACE) != 0) {
    return failed("moving", name, errno);
  }
  return {};
}

Result<void> Folder::replace(std::string_view name, std::string_view new_name) const {
  if (!is_component(name) || !is_component(new_name)) return failed("renaming", name, EINVAL);
  if (renameat(directory_.get(), std::string(name).c_str(), directory_.get(),
               std::string(new_name).c_str()) != 0) {
    return failed("renaming", name, errno);
  }
  return {};
}

Result<void> Folder::remove(std::string_view name) const {
  if (!is_component(name)) return failed("removing", name, EINVAL);
  if (unlinkat(directory_.get(), std::string(name).c_str(), 0) != 0 && errno != ENOENT) {
    return failed("removing", name, errno);
  }
  return {};
}

Result<void> Folder::sync() const {
  if (fsync(directory_.get()) != 0) return failed("syncing", {}, errno);
  return {};
}

bool is_half_written(std::string_view name) { return name.starts_with(kTemporary); }

Result<Entry> entry_of(const Descriptor& file) {
  struct stat status{};
  if (fstat(file.get(), &status) != 0) {
    return Error(ErrorKind::kUnavailable, "reading an open file failed", words(errno));
  }
  return to_entry({}, status);
}

Result<void> write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return Error(kind_of(errno), "writing a file failed; check disk space and rights",
                   words(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_file(const Descriptor& file) {
  if (fsync(file.get()) != 0) {
    return Error(kind_of(errno), "writing a file to disk failed; check the disk", words(errno));
  }
  return {};
}

Result<std::string> hash_file(const Descriptor& file) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  GANTRY_ASSERT(hash && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1);
  std::string bytes(256 * 1024, '\0');
  off_t offset = 0;
  for (;;) {
    const ssize_t count = pread(file.get(), bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error(kind_of(errno), "reading a file failed", words(errno));
    if (count == 0) break;
    GANTRY_ASSERT(EVP_DigestUpdate(hash.get(), bytes.data(), static_cast<std::size_t>(count)) == 1);
    offset += count;
  }
  std::string digest(32, '\0');
  GANTRY_ASSERT(EVP_DigestFinal_ex(hash.get(), reinterpret_cast<unsigned char*>(digest.data()),
                                   nullptr) == 1);
  return to_hex(digest);
}

}  // namespace gantry::files
