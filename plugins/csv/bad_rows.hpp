#pragma once

#include <cstdint>
#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::csv {

/// A row that became no record.
struct BadRow {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string column;  ///< A target of the configuration; empty where the row as such is wrong.
  std::string reason;  ///< A few words; never the value.
  std::string text;    ///< The row in UTF-8; empty where there was no room.
};

/// The bad rows of one file. They travel in the cursor, because a file that is read in several
/// goes must name all of them in the end: so they are few and their texts are bounded together.
class BadRows {
 public:
  void add(BadRow row);
  std::size_t size() const noexcept { return rows_.size(); }

  sdk::Json to_json() const;
  static BadRows from_json(const sdk::Json& json);

  /// One line a person can act on: the first three rows.
  std::string summary() const;
  /// A CSV file (RFC 4180, UTF-8) of line, byte, column, reason and row. A cell that a spreadsheet
  /// would take for a formula begins with an apostrophe.
  std::string error_file() const;

 private:
  std::vector<BadRow> rows_;
  std::size_t text_size_ = 0;  // As JSON.
};

/// "loads.errors.csv" for "loads.csv".
std::string error_file_name(std::string_view file_name);

/// Bytes that are not UTF-8 as \xNN.
std::string readable(std::string_view bytes);

/// The cell as RFC 4180 writes it, harmless in a spreadsheet (OWASP, CSV injection): an apostrophe
/// goes before = + - @ tab and CR.
std::string cell(std::string_view text);

}  // namespace gantry::csv
