#include "host/temporal/converter/file_payload_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::temporal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartial = ".partial-";

Error io_error(std::string_view what, const fs::path& path, int code) {
  const auto kind =
      code == ENOSPC || code == EDQUOT ? ErrorKind::kExhausted : ErrorKind::kUnavailable;
  return {kind, "payload store: cannot " + std::string(what) + " " + path.string(),
          std::generic_category().message(code)};
}

/// A file descriptor that closes itself.
class File {
 public:
  File(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool sync_folder(const fs::path& folder) {
  const File file(folder, O_RDONLY | O_DIRECTORY);
  return file && ::fsync(file.get()) == 0;
}

bool is_key(std::string_view key) {
  return key.size() == 64 && key.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<FilePayloadStore> FilePayloadStore::open(fs::path root) {
  std::error_code problem;
  fs::create_directories(root, problem);
  if (problem) return io_error("create", root, problem.value());
  if (::chmod(root.c_str(), 0700) != 0) return io_error("protect", root, errno);
  return FilePayloadStore(std::move(root));
}

fs::path FilePayloadStore::path_of(std::string_view key) const {
  return root_ / key.substr(0, 2) / key.substr(2, 2) / key;
}

Result<std::string> FilePayloadStore::put(std::string_view bytes) {
  auto key = to_hex(sha256(bytes));
  const auto path = path_of(key);
  const auto folder = path.parent_path();

  // The same content again only becomes young again, so that a sweep keeps it. A file of another
  // length is damage: it is written anew.
  struct ::stat found{};
  if (::stat(path.c_str(), &found) == 0 && found.st_size == static_cast<::off_t>(bytes.size()) &&
      ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) {
    return key;
  }

  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) return io_error("create", folder, problem.value());
  const auto partial = folder / (std::string(kPartial) + to_hex(random_bytes(8)));
  {
    const File file(partial, O_WRONLY | O_CREAT | O_EXCL);
    if (!file) return io_error("create", partial, errno);
    if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0) {
      const int code = errno;
      ::unlink(partial.c_str());
      return io_error("write", partial, code);
    }
  }
  if (::rename(partial.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(partial.c_str());
    return io_error("rename to", path, code);
  }
  if (!sync_folder(folder) || !sync_folder(folder.parent_path()) || !sync_folder(root_)) {
    return io_error("sync", folder, errno);
  }
  return key;
}

Result<std::string> FilePayloadStore::get(std::string_view key) {
  if (!is_key(key)) return Error{ErrorKind::kInvalid, "payload store: not a key"};
  const auto path = path_of(key);
  const File file(path, O_RDONLY);
  if (!file && errno == ENOENT) {
    return Error{ErrorKind::kNotFound, "payload store: no object " + path.string()};
  }
  struct ::stat found{};
  if (!file || ::fstat(file.get(), &found) != 0) return io_error("open", path, errno);
  std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto count = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("read", path, errno);
    if (count == 0) break;
    at += static_cast<std::size_t>(count);
  }
  bytes.resize(at);
  return bytes;
}

Result<std::size_t> FilePayloadStore::sweep(std::chrono::seconds age) {
  std::error_code problem;
  std::size_t removed = 0;
  const auto oldest = fs::file_time_type::clock::now() - age;
  for (fs::recursive_directory_iterator at(root_, problem), end; !problem && at != end;
       at.increment(problem)) {
    std::error_code gone;  // Another host may sweep at the same time.
    if (!at->is_regular_file(gone) || gone) continue;
    const auto written = at->last_write_time(gone);
    if (gone || written >= oldest) continue;
    if (fs::remove(at->path(), gone) && !gone) ++removed;
  }
  if (problem) return io_error("list", root_, problem.value());
  return removed;
}

}  // namespace gantry::temporal
