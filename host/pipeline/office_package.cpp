#include "host/pipeline/office_package.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace gantry::pipeline {
namespace {

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

std::string words_of(archive* reader) {
  const char* words = archive_error_string(reader);
  return words == nullptr ? "" : words;
}

Error damaged(archive* reader) {
  return {ErrorKind::kInvalid, "the Office file is cut off or damaged: its zip cannot be read",
          words_of(reader)};
}

}  // namespace

Result<void> OfficePackage::count(std::size_t bytes) {
  constexpr std::size_t kFloor = 1024 * 1024;
  const ParseLimits& limits = context_.limits;
  unpacked_ += bytes;
  context_.use.unpacked_bytes += bytes;
  if (unpacked_ > std::max(kFloor, bytes_.size() * limits.expansion_ratio_max)) {
    return over_limit("the expansion ratio of the zip", limits.expansion_ratio_max);
  }
  if (context_.use.unpacked_bytes > limits.unpacked_bytes_max) {
    context_.use.refusal = over_limit("unpacked size in bytes", limits.unpacked_bytes_max);
    return *context_.use.refusal;
  }
  return {};
}

Result<void> OfficePackage::check_output(std::size_t bytes) const {
  if (bytes <= context_.limits.output_bytes_max) return {};
  return over_limit("text size in bytes", context_.limits.output_bytes_max);
}

Result<void> OfficePackage::unpack(void* raw, std::string_view name, XmlHandler& handler) {
  auto* reader = static_cast<archive*>(raw);
  const auto in_part = [name](Error error) {
    error.what = std::string(name) + ": " + error.what;
    return error;
  };
  XmlReader xml(handler, context_.limits.nesting_max);
  std::array<char, 64 * 1024> piece;
  while (true) {
    const la_ssize_t got = archive_read_data(reader, piece.data(), piece.size());
    if (got < 0) return in_part(damaged(reader));
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    if (auto counted = count(size); !counted) return in_part(counted.error());
    if (auto fed = xml.feed({piece.data(), size}); !fed) return in_part(fed.error());
  }
  if (auto done = xml.finish(); !done) return in_part(done.error());
  return {};
}

Result<void> OfficePackage::read(const Select& select) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) return Error{ErrorKind::kExhausted, "no memory for the zip reader"};
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_memory(reader.get(), bytes_.data(), bytes_.size()) != ARCHIVE_OK) {
    return damaged(reader.get());
  }
  for (int entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF) return {};
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return damaged(reader.get());
    if (entries >= context_.limits.archive_entries_max) {
      return over_limit("the number of files in the zip",
                        static_cast<std::size_t>(context_.limits.archive_entries_max));
    }
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) continue;  // not in ASCII, so no part that we know
    XmlHandler* handler = select(name);
    if (handler == nullptr) continue;
    if (archive_entry_is_encrypted(entry) != 0) {
      return Error{ErrorKind::kInvalid,
                   "the Office file is encrypted; remove its password and send it again"};
    }
    // The name lives in the entry, which reading on may reuse.
    if (auto done = unpack(reader.get(), std::string(name), *handler); !done) return done.error();
  }
}

}  // namespace gantry::pipeline
