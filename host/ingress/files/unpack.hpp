#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/ingress/files/folder.hpp"

namespace gantry::files {

enum class Packing { kNone, kGzip, kZip };

/// By the first bytes; a zip only under a name that ends in .zip, because spreadsheets are zips
/// too. kInvalid where the name promises an archive that the bytes are not. [blocking]
Result<Packing> packing_of(const Descriptor& file, std::string_view name);

struct UnpackLimits {
  std::uint64_t entry_bytes_max = 0;  ///< Of each file in it.
  std::uint64_t bytes_max = 0;        ///< Of all together.
  std::uint64_t expansion_max = 0;    ///< Times the archive's own size; checked above 1 MiB.
  std::size_t entries_max = 0;
};

/// One file out of an archive, lying in the folder under a temporary name, on disk.
struct UnpackedFile {
  std::string temporary;
  std::string name;  ///< Sound by why_refused(), without its directory.
};

/// Every temporary name begins so: what is found at a start is rubbish.
inline constexpr std::string_view kUnpackPrefix = ".unpack-";

/// Unpacks all of `archive` into `folder`, in pieces of 256 KiB, or nothing: the files are on disk
/// when it returns. kInvalid, in words for the partner, where the archive is damaged, truncated,
/// encrypted, over a limit, or holds anything but plain files with sound names; other kinds are the
/// machine's trouble. gzip (RFC 1952) is checked by its CRC. [blocking]
Result<std::vector<UnpackedFile>> unpack(const Descriptor& archive, Packing packing,
                                         std::string_view name, const Folder& folder,
                                         const UnpackLimits& limits);

}  // namespace gantry::files
