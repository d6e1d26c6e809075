#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/ingress/files/folder.hpp"

namespace gantry::files {

/// A file that is complete, and the marker that said so (empty where none did).
struct ReadyFile {
  Entry entry;
  std::string marker;
};

/// Decides from successive looks at a directory which files are complete.
///
/// Complete is a file that was NAME.tmp or NAME.part at an earlier look and now is NAME (the same
/// inode), one with NAME.done or NAME.ctl beside it, or one that had the same size, time and inode
/// at two looks at least `stable_for` apart and none between them that differed. Where `rename` is
/// the only rule the partner promises never to write under another name than a temporary one, so
/// nobody need see the rename. Pure: the time comes in. [strand]
class Readiness {
 public:
  Readiness(config::FileReady rule, std::chrono::milliseconds stable_for)
      : rule_(rule), stable_for_(stable_for) {}

  /// `entries`: all plain files of the directory, temporary ones and markers included.
  std::vector<ReadyFile> look(const std::vector<Entry>& entries,
                              std::chrono::steady_clock::time_point now);

  /// When the next file may become stable without anybody touching the directory.
  std::optional<std::chrono::steady_clock::time_point> next() const;

 private:
  struct Seen {
    Entry entry;
    std::chrono::steady_clock::time_point since;
    bool renamed = false;
  };

  bool counts(config::FileReady rule) const noexcept {
    return rule_ == config::FileReady::kAuto || rule_ == rule;
  }

  const config::FileReady rule_;
  const std::chrono::milliseconds stable_for_;
  std::map<std::string, Seen> seen_;                  // Files waiting.
  std::map<std::string, std::uint64_t> temporaries_;  // Final name → inode, of the last look.
};

}  // namespace gantry::files
