#pragma once

#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/config/config.hpp"

namespace gantry::config {

/// One value of a TOML file as JSON text, with its dotted key and line.
struct TomlLeaf {
  std::string key;      ///< "temporal.tls.enabled"
  std::string pointer;  ///< The same as JSON pointer: "/temporal/tls/enabled".
  std::string json;
  int line = 0;
};

/// A TOML file as JSON: offset date-times become RFC 3339 texts, local dates and times ISO 8601
/// texts. Infinity and NaN have no JSON and are refused.
struct TomlDocument {
  std::string path;
  std::string json;              ///< The whole tree.
  std::vector<TomlLeaf> leaves;  ///< In file order; an empty table is a leaf, too.
  std::vector<TomlLeaf> tables;  ///< Lines of tables; their json is empty.

  int line_of(std::string_view pointer) const;
};

/// Reads one file. Syntax errors come with their line. [blocking]
boost::system::result<TomlDocument, Problem> read_toml(const std::string& path);

[[noreturn]] void throw_exception_from_error(const Problem&, const boost::source_location&);

}  // namespace gantry::config
