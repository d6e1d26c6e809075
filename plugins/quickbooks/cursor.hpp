#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::quickbooks {

/// Reading that takes more than one answer: everything (a new source, or one that slept too long),
/// or what a saturated change answer left out. Entity by entity.
struct Work {
  bool full = false;                  ///< From the beginning, without asking for changes.
  std::string until;                  ///< Where the changes go on afterwards; empty: unknown yet.
  std::vector<std::string> entities;  ///< Still to read; the first one is in hand.
  bool querying = false;              ///< The first one's changes are too many: paged by query.
  std::string from;                   ///< Oldest change of the next page; empty: all.
  std::int64_t position = 1;          ///< Its STARTPOSITION.
  bool operator==(const Work&) const = default;
};

/// Our cursor, {"v":1,"since":"2026-01-16T17:55:00Z","work":{…}}. Times are UTC texts.
struct Cursor {
  std::string since;  ///< Empty: nothing was read yet.
  std::optional<Work> work;

  /// Throws Failure(kData, "CURSOR") for what this plugin did not write.
  static Cursor read(std::string_view text);
  std::string text() const;
};

}  // namespace gantry::quickbooks
