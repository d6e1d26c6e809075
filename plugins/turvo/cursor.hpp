#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::turvo {

/// A walk through one list that is not finished.
struct Pass {
  std::string resource;
  std::int64_t start = 0;         ///< Offset of the next page.
  std::int64_t began_ns = 0;      ///< Our clock when the walk began.
  std::int64_t top_ns = 0;        ///< Newest change seen in it.
  std::int64_t unchanged = 0;     ///< Rows one after the other that are older than the last poll.
  bool newest_first = true;       ///< No page has been in another order.
  std::vector<std::string> tail;  ///< Last ids of the page before: the next must hold one.
};

/// How far polling has come. Opaque to the host: JSON with a version.
struct Cursor {
  std::map<std::string, std::int64_t> marks;  ///< Newest change that is covered, by list.
  std::optional<Pass> pass;

  /// Empty text is the beginning. Throws Failure(kData), code CURSOR.
  static Cursor read(std::string_view text);
  std::string write() const;
};

}  // namespace gantry::turvo
