#include "host/ingress/files/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "host/base/encoding.hpp"
#include "host/ingress/files/names.hpp"

namespace gantry::files {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::uint64_t kExpansionFloor = 1 << 20;

Error refused(std::string what) { return {ErrorKind::kInvalid, std::move(what)}; }

bool ends_with(std::string_view name, std::string_view suffix) {
  if (name.size() <= suffix.size()) return false;
  name.remove_prefix(name.size() - suffix.size());
  for (std::size_t i = 0; i < suffix.size(); ++i) {
    if ((name[i] | 0x20) != (suffix[i] | 0x20)) return false;
  }
  return true;
}

/// The files as they come out; takes them away again unless keep() was called.
class Output {
 public:
  Output(const Folder& folder, const UnpackLimits& limits, std::uint64_t packed_size)
      : folder_(folder), limits_(limits), packed_size_(packed_size) {}
  ~Output() {
    for (const auto& file : files_) {
      [[maybe_unused]] const auto removed = folder_.remove(file.temporary);
    }
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Result<void> begin(std::string_view path) {
    if (files_.size() == limits_.entries_max) {
      return refused("it holds more than " + std::to_string(limits_.entries_max) +
                     " files; send it in parts, or raise entries_max");
    }
    // A folder inside an archive is common and harmless; one that climbs is not.
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (path.starts_with('/') || path.find("../") != std::string_view::npos) {
      return refused("a file in it has a name that leads out: " + escape_control(path));
    }
    if (const auto why = why_refused(name)) {
      return refused("a file in it has an unusable name, because " + *why + ": " +
                     escape_control(path));
    }
    std::string temporary = std::string(kUnpackPrefix) + std::to_string(files_.size());
    auto file = folder_.create(temporary);
    if (!file) return file.error();
    files_.push_back({std::move(temporary), std::string(name)});
    file_ = std::move(*file);
    entry_size_ = 0;
    return {};
  }

  Result<void> write(std::string_view bytes) {
    entry_size_ += bytes.size();
    size_ += bytes.size();
    if (entry_size_ > limits_.entry_bytes_max) {
      return refused("a file in it is larger than " + std::to_string(limits_.entry_bytes_max) +
                     " bytes: " + files_.back().name + "; send it in parts, or raise size_max");
    }
    if (size_ > limits_.bytes_max) {
      return refused("it becomes larger than " + std::to_string(limits_.bytes_max) +
                     " bytes; send it in parts, or raise unpacked_max");
    }
    if (size_ > kExpansionFloor && size_ / limits_.expansion_max >= packed_size_) {
      return refused("it becomes more than " + std::to_string(limits_.expansion_max) +
                     " times its size, as a malicious archive does; if it is honest, raise "
                     "expansion_max");
    }
    return write_all(file_, bytes);
  }

  Result<void> end() { return sync_file(std::exchange(file_, {})); }

  Result<std::vector<UnpackedFile>> keep() {
    if (files_.empty()) return refused("it holds no file");
    if (auto synced = folder_.sync(); !synced) return synced.error();
    return std::exchange(files_, {});
  }

 private:
  const Folder& folder_;
  const UnpackLimits& limits_;
  const std::uint64_t packed_size_;
  std::vector<UnpackedFile> files_;
  Descriptor file_;
  std::uint64_t entry_size_ = 0;
  std::uint64_t size_ = 0;
};

std::string inner_name(std::string_view name) {
  return std::string(ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name);
}

/// A second descriptor of the same open file, from its beginning, for a library that closes it.
Result<int> second(const Descriptor& file) {
  const int copy = fcntl(file.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0 || lseek(copy, 0, SEEK_SET) != 0) {
    if (copy >= 0) close(copy);
    return Error(ErrorKind::kExhausted, "reading an archive failed; are too many files open?");
  }
  return copy;
}

// zlib and not libarchive, whose gzip reader does not compare the CRC.
Result<void> read_gzip(const Descriptor& archive, std::string_view name, Output& output) {
  const auto copy = second(archive);
  if (!copy) return copy.error();
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzdopen(*copy, "rb"), &gzclose_r);
  if (!in) {
    close(*copy);
    return Error(ErrorKind::kExhausted, "no memory to read a gzip file");
  }
  gzbuffer(in.get(), kPiece);
  if (auto begun = output.begin(inner_name(name)); !begun) return begun;
  std::string piece(kPiece, '\0');
  for (;;) {
    const int count = gzread(in.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int code = Z_OK;
    gzerror(in.get(), &code);
    if (code == Z_ERRNO) return Error(ErrorKind::kUnavailable, "reading a gzip file failed");
    if (code == Z_BUF_ERROR) return refused("it is truncated: the gzip stream has no end");
    if (count < 0 || code != Z_OK) return refused("it is damaged: the gzip stream does not check");
    if (count == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(count));
    if (auto written = output.write(bytes); !written) return written;
  }
  return output.end();
}

/// libarchive's words in quotes, for a person.
Error damaged(archive* in, std::string what) {
  const char* words = archive_error_string(in);
  if (words != nullptr) what += ": " + escape_control(words);
  return refused(std::move(what));
}

Result<void> read_entry(archive* in, archive_entry* entry, Output& output) {
  const char* utf8 = archive_entry_pathname_utf8(entry);
  const char* path = utf8 != nullptr ? utf8 : archive_entry_pathname(entry);
  if (path == nullptr) return refused("a file in it has a name that cannot be read");
  if (archive_entry_filetype(entry) == AE_IFDIR) return {};
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
    return refused("it holds something that is no plain file: " + escape_control(path));
  }
  if (archive_entry_is_encrypted(entry) != 0) {
    return refused("it is encrypted; send it without a password");
  }
  if (auto begun = output.begin(path); !begun) return begun;
  std::string piece(kPiece, '\0');
  for (;;) {
    const la_ssize_t count = archive_read_data(in, piece.data(), piece.size());
    if (count < 0) return damaged(in, "it is damaged or truncated");
    if (count == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(count));
    if (auto written = output.write(bytes); !written) return written;
  }
  return output.end();
}

Result<void> read_zip(const Descriptor& archive, Output& output) {
  const auto copy = second(archive);
  if (!copy) return copy.error();
  const Descriptor own(*copy);
  const std::unique_ptr<struct archive, int (*)(struct archive*)> in(archive_read_new(),
                                                                     &archive_read_free);
  if (!in) return Error(ErrorKind::kExhausted, "no memory to read a zip file");
  archive_read_support_format_zip_seekable(in.get());
  if (archive_read_open_fd(in.get(), own.get(), kPiece) != ARCHIVE_OK) {
    return damaged(in.get(), "it is damaged or truncated");
  }
  for (;;) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(in.get(), &entry);
    if (code == ARCHIVE_EOF) return {};
    // A warning is only about a name, which is judged below.
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
      return damaged(in.get(), "it is damaged or truncated");
    }
    if (auto read = read_entry(in.get(), entry, output); !read) return read;
  }
}

}  // namespace

Result<Packing> packing_of(const Descriptor& file, std::string_view name) {
  std::array<char, 4> head{};
  const ssize_t count = pread(file.get(), head.data(), head.size(), 0);
  if (count < 0) return Error(ErrorKind::kUnavailable, "reading the head of a file failed");
  const std::string_view bytes(head.data(), static_cast<std::size_t>(count));
  if (bytes.starts_with("\x1f\x8b")) return Packing::kGzip;
  if (ends_with(name, ".gz")) {
    return refused("its name ends in .gz, but it is no gzip file; rename it or compress it");
  }
  if (!ends_with(name, ".zip")) return Packing::kNone;
  if (bytes == std::string_view("PK\x03\x04") || bytes == std::string_view("PK\x05\x06")) {
    return Packing::kZip;
  }
  return refused("its name ends in .zip, but it is no zip file; rename it or pack it again");
}

Result<std::vector<UnpackedFile>> unpack(const Descriptor& archive, Packing packing,
                                         std::string_view name, const Folder& folder,
                                         const UnpackLimits& limits) {
  const auto packed = entry_of(archive);
  if (!packed) return packed.error();
  Output output(folder, limits, packed->size);
  const auto read =
      packing == Packing::kGzip ? read_gzip(archive, name, output) : read_zip(archive, output);
  if (!read) return read.error();
  return output.keep();
}

}  // namespace gantry::files
