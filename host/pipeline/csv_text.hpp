#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"

namespace gantry::pipeline {

/// The character between the cells of `text`: comma, semicolon, tab or bar, whichever the first
/// record has most of outside of quotes. [any-thread]
char csv_delimiter(std::string_view text) noexcept;

/// True where at least three records have the same number of cells, three or more: a table that
/// nobody labelled as one. Prose with commas has lines of all kinds. [any-thread]
bool looks_like_csv(std::string_view text) noexcept;

/// Reads records by RFC 4180, taking any line end, quotes in the middle of a cell as they stand,
/// and records of different lengths. Borrows `text`.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter, std::size_t columns_max)
      : text_(text), delimiter_(delimiter), columns_max_(columns_max) {}

  /// The next record's cells; false at the end. A quote that nobody closes and a record of more
  /// than `columns_max` cells are kInvalid, with the record's number. [any-thread]
  Result<bool> next(std::vector<std::string>& cells);

  /// Records read so far.
  std::size_t records() const noexcept { return records_; }

 private:
  Result<void> cell(std::string& out);

  std::string_view text_;
  char delimiter_;
  std::size_t columns_max_;
  std::size_t at_ = 0;
  std::size_t records_ = 0;
};

}  // namespace gantry::pipeline
