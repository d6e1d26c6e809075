#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::console {

/// `%41` and, in a query, `+`, as bytes; nothing for a broken escape or one that hides a NUL.
/// [any-thread]
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// "q=a+b&limit=5" by name; of a repeated name the last counts. Nothing for a broken escape.
/// [any-thread]
std::optional<std::map<std::string, std::string>> parse_query(std::string_view query);

/// A path with named segments: "/documents/{id}". A name takes one whole segment, decoded, so that
/// an id may hold an escaped slash. [any-thread]
class RoutePattern {
 public:
  /// A pattern that does not start with a slash is a bug.
  explicit RoutePattern(std::string_view pattern);

  /// The values by name, or nothing where `path`, without its query, is another path.
  std::optional<std::map<std::string, std::string>> match(std::string_view path) const;

 private:
  struct Segment {
    std::string text;
    bool named = false;
  };
  std::vector<Segment> segments_;
};

}  // namespace gantry::console
