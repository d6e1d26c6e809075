#pragma once

#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/config/config.hpp"
#include "host/ingress/files/folder.hpp"

namespace gantry::files {

/// The five directories of a source. A file keeps its claim's id as its name in processing, archive
/// and error, so it is in exactly one of them, whatever is killed when. [any-thread]
struct Folders {
  Folder incoming;
  Folder processing;
  Folder archive;
  Folder error;
  Folder out;

  /// Makes what is missing. kInvalid where they are not on one file system: a rename must be able
  /// to move a file at once. [blocking]
  static Result<Folders> open(const config::SourceFiles& files);

  /// True where the file was settled before: it lies in archive or error. [blocking]
  Result<bool> settled(std::string_view id) const;

  /// processing/id becomes archive/id, durably; with a `note`, archive/id.note says it. [blocking]
  Result<void> to_archive(std::string_view id, std::string_view note = {}) const;
};

/// What a person reads in a .err file.
struct Reason {
  std::string source;
  std::string name;     ///< As the partner called it; shown escaped.
  std::string archive;  ///< Empty unless it came out of one.
  std::string problem;  ///< What is wrong, where, what to do.
  Instant at{};
};

/// `from`/`name` becomes error/`id`, durably, beside error/`id`.err. The reason is there first: a
/// file in error is never without one. [blocking]
Result<void> to_error(const Folders& folders, const Folder& from, std::string_view name,
                      std::string_view id, const Reason& reason);
/// Only the .err file, for a thing that stays where it is. [blocking]
Result<void> write_reason(const Folders& folders, std::string_view id, const Reason& reason);

}  // namespace gantry::files
