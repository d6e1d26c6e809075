#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace gantry::sonar {

/// How far polling has come and what it has told. Opaque to the host: JSON with a version.
struct Cursor {
  std::string next;           ///< The series to go on with in this round; empty: a new round.
  std::int64_t began_ns = 0;  ///< When the round began: its window and the version of restatements.
  std::map<std::string, std::map<std::string, std::string>> seen;  ///< Series, date: value.
  std::set<std::string> raised;  ///< Thresholds that are exceeded and have not come back.

  /// Empty text is the beginning. Throws Failure(kData), code CURSOR.
  static Cursor read(std::string_view text);
  std::string write() const;
};

}  // namespace gantry::sonar
