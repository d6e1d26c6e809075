#include "host/plugins/rotated_secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/base/json.hpp"

namespace gantry::plugins {
namespace {

namespace fs = std::filesystem;

constexpr off_t kFileMax = 1 << 20;
constexpr std::size_t kNameMax = 200;  // below the 255 bytes of a file name

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  const int fd_;
};

Error failed(const char* doing, const fs::path& path) {
  return {ErrorKind::kUnavailable, std::string("rotated secret: ") + doing + ' ' + path.string() +
                                       ": " + std::strerror(errno)};
}

/// A field's JSON pointer as a file name: "/refresh_token" is "%2Frefresh_token".
std::string file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += plain ? std::string(1, c) : '%' + to_hex({&c, 1});
  }
  return out;
}

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed("fsync of", folder);
  return {};
}

/// Made and on disk when it returns; its parent exists.
Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return sync_folder(folder.parent_path());
  if (errno != EEXIST) return failed("making", folder);
  return {};
}

Result<void> write_all(int fd, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("writing", file);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string hash_of(std::string_view configured) { return to_hex(sha256(configured)); }

}  // namespace

RotatedSecrets::RotatedSecrets(fs::path folder, std::function<void(RotationStep)> probe)
    : folder_(std::move(folder)), probe_(std::move(probe)) {}

fs::path RotatedSecrets::file_of(std::string_view source, std::string_view name) const {
  return folder_ / std::string(source) / (file_name(name) + ".json");
}

Result<RotatedSecrets::Kept> RotatedSecrets::read(const fs::path& file) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info{};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) return failed("reading", file);
  if (!S_ISREG(info.st_mode) || (info.st_mode & 077U) != 0 || info.st_size > kFileMax) {
    return Error{ErrorKind::kUnavailable,
                 "rotated secret: " + file.string() +
                     " is no private file of this host; run: chmod 600, or remove it and sign in "
                     "to the vendor anew"};
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("reading", file);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  Kept kept;
  kept.stamp = {info.st_ino,
                std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec};
  const Error damaged{
      ErrorKind::kUnavailable,
      "rotated secret: " + file.string() + " is damaged; remove it and sign in to the vendor anew"};
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return damaged;
  kept.replaced = text_at(*json, "replaced_sha256").value_or("");
  const auto values = json->find("values");
  if (kept.replaced.empty() || values == json->end() || !values->is_array()) return damaged;
  for (const Json& value : *values) {
    if (!value.is_string()) return damaged;
    auto bytes = from_base64(value.get_ref<const std::string&>());
    if (!bytes) return damaged;
    kept.values.push_back(std::move(*bytes));
  }
  if (kept.values.empty()) return damaged;
  return kept;
}

Result<std::vector<std::string>> RotatedSecrets::values(std::string_view source,
                                                        std::string_view name,
                                                        std::string_view configured) const {
  const fs::path file = file_of(source, name);
  struct stat info{};
  if (::lstat(file.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::vector<std::string>{};
    return failed("reading", file);
  }
  const Stamp stamp{info.st_ino,
                    std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec};
  const std::lock_guard lock(mutex_);
  auto kept = kept_.find(file);
  if (kept == kept_.end() || kept->second.stamp != stamp) {
    auto fresh = read(file);
    if (!fresh) return fresh.error();
    kept = kept_.insert_or_assign(file, std::move(*fresh)).first;
  }
  if (kept->second.replaced != hash_of(configured)) return std::vector<std::string>{};
  return kept->second.values;
}

Result<void> RotatedSecrets::put(std::string_view source, std::string_view name,
                                 std::string_view configured,
                                 const std::vector<std::string>& active) {
  const fs::path file = file_of(source, name);
  if (file.filename().string().size() > kNameMax) {
    return Error{ErrorKind::kExhausted,
                 "source " + std::string(source) + ": the name of the secret is too long to keep"};
  }
  Json list = Json::array();
  for (const std::string& value : active) list.push_back(to_base64(value));
  const std::string text =
      dump_json({{"replaced_sha256", hash_of(configured)}, {"values", std::move(list)}}) + '\n';

  const std::lock_guard lock(mutex_);
  std::error_code problem;  // what cannot be made is named by the step after
  fs::create_directories(folder_.parent_path(), problem);
  for (const fs::path& folder : {folder_, file.parent_path()}) {
    if (auto made = make_folder(folder); !made) return made.error();
  }
  reached(RotationStep::kBeforeWrite);
  // Two processes never share a temporary file; what a crash leaves is written over by its heir.
  const fs::path fresh = file.string() + '.' + std::to_string(::getpid()) + ".tmp";
  {
    const Descriptor fd(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.get() < 0) return failed("creating", fresh);
    if (::fchmod(fd.get(), 0600) != 0) return failed("chmod of", fresh);
    if (auto written = write_all(fd.get(), text, fresh); !written) {
      ::unlink(fresh.c_str());
      return written.error();
    }
    reached(RotationStep::kAfterWrite);
    if (::fsync(fd.get()) != 0) {
      const Error error = failed("fsync of", fresh);
      ::unlink(fresh.c_str());
      return error;
    }
  }
  reached(RotationStep::kAfterSync);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed("renaming", fresh);
  reached(RotationStep::kAfterRename);
  if (auto synced = sync_folder(file.parent_path()); !synced) return synced.error();
  reached(RotationStep::kAfterDirectorySync);
  return {};
}

}  // namespace gantry::plugins
