#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/ingress/files/descriptor.hpp"

namespace gantry::files {

/// What a name in a directory stands for, without following it.
struct Entry {
  enum class Kind { kFile, kDirectory, kLink, kOther };
  std::string name;
  Kind kind = Kind::kFile;
  std::uint64_t size = 0;
  std::int64_t modified_at_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 1;

  bool operator==(const Entry&) const = default;
};

/// A directory held open. Every access is by a name within it, through openat2 with
/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS (Linux 5.6, openat2(2)), so that
/// neither a name nor a link leads out, even where somebody swaps them meanwhile.
///
/// A path given by the operator may contain links; a name given by a partner may not. [any-thread]
class Folder {
 public:
  /// Makes the directory and its parents where they are missing. [blocking]
  static Result<Folder> open(const std::filesystem::path& path);

  const std::string& path() const noexcept { return path_; }  ///< For messages.
  int descriptor() const noexcept { return directory_.get(); }
  std::uint64_t device() const noexcept { return device_; }

  /// All entries but "." and "..", by name. [blocking]
  Result<std::vector<Entry>> list() const;
  /// Nothing where there is no such name. [blocking]
  Result<std::optional<Entry>> look(std::string_view name) const;

  /// Opens a plain file with one name for reading; kDenied for anything else. [blocking]
  Result<Descriptor> read(std::string_view name) const;
  /// A new, empty file for writing; replaces one that is there. [blocking]
  Result<Descriptor> create(std::string_view name) const;
  /// Whole or not at all, and on disk when it returns: temporary file, fsync, rename, fsync of the
  /// directory. Replaces. [blocking]
  Result<void> write(std::string_view name, std::string_view content) const;

  /// Renames, also into another folder of the same file system; never replaces: kConflict.
  /// kNotFound where the name is gone. Durable only after sync() of both. [blocking]
  Result<void> move(std::string_view name, const Folder& to, std::string_view new_name) const;
  /// The same within the folder, replacing. [blocking]
  Result<void> replace(std::string_view name, std::string_view new_name) const;
  /// No error where it is gone already. [blocking]
  Result<void> remove(std::string_view name) const;
  /// Names are on disk when it returns. [blocking]
  Result<void> sync() const;

 private:
  Folder() = default;
  Result<Descriptor> open_beneath(std::string_view name, std::uint64_t flags) const;
  Error failed(std::string_view doing, std::string_view name, int code) const;

  std::string path_;
  Descriptor directory_;
  std::uint64_t device_ = 0;
};

/// True for the temporary name of a write() that was killed. [any-thread]
bool is_half_written(std::string_view name);

/// What an open file is now; kUnavailable where the system cannot say. [blocking]
Result<Entry> entry_of(const Descriptor& file);

/// Writes all of `bytes`. [blocking]
Result<void> write_all(const Descriptor& file, std::string_view bytes);
/// On disk when it returns. [blocking]
Result<void> sync_file(const Descriptor& file);

/// Lower-case hex of the SHA-256 of the file from its beginning. [blocking]
Result<std::string> hash_file(const Descriptor& file);

}  // namespace gantry::files
