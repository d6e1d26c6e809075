#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::csv {

enum class Type { kText, kInteger, kDecimal, kDate, kDateTime, kBool };
enum class Transform { kTrim, kUpper, kLower, kDigits };

/// What becomes of one column; schema.json documents each field.
struct Column {
  std::string target;
  std::vector<std::string> sources;  ///< Normalised names, or "#1".
  Type type = Type::kText;
  std::string format;
  std::string tz = "UTC";
  char decimal = '.';
  char group = '\0';  ///< '\0': none.
  std::string currency;
  bool required = false;
  std::optional<std::string> fallback;
  std::vector<Transform> transforms;
};

/// The configuration of one source.
struct Settings {
  std::string partner;
  std::string file_kind;
  char delimiter = '\0';  ///< '\0': decided from the file.
  char quote = '"';       ///< '\0': none.
  bool backslash = false;
  bool skip_initial_space = false;
  std::string comment = "#";
  std::int64_t skip_lines = 0;
  bool header = true;
  std::string encoding;           ///< Empty: decided from the file.
  std::string fallback_encoding;  ///< Empty: none.
  bool strip_nul = false;
  std::vector<std::string> totals;  ///< Lower case.
  bool require_final_line_end = false;
  std::vector<Column> columns;
  std::vector<std::size_t> key;  ///< Indexes into columns.
  std::string title;
  std::optional<std::size_t> occurred_at;  ///< Index into columns.
  std::size_t bad_rows_max = 100;
  std::uint64_t file_bytes_max = 0;
  std::size_t row_bytes_max = 0;
  std::size_t field_bytes_max = 0;
  std::size_t columns_max = 0;
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

/// A header as it is compared: NFKC, lower case, everything but letters and digits one "_", none at
/// the ends. `utf8` must be UTF-8. [any-thread]
std::string normalise_header(std::string_view utf8);

}  // namespace gantry::csv
