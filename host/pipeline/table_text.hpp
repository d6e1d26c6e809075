#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace gantry::pipeline {

/// A cell that has words; the empty ones are left out.
struct TableCell {
  std::size_t column = 0;
  std::string text;
};

/// Writes a table as one line a row, "Load: LD-1 | City: Gary, IL": each row is readable alone, in
/// whatever chunk it comes to lie. The names are those of the first row of two cells or more, where
/// all of them look like names (different, more letters than digits); else rows have none.
class TableText {
 public:
  /// Appends to `out`, which must outlive this.
  explicit TableText(std::string& out) : out_(out) {}

  /// Adds a row; cells by column, white space in them becomes one blank. [any-thread]
  void row(std::span<TableCell> cells);
  /// Writes a header that no row followed. [any-thread]
  void finish();

 private:
  void line(std::span<const TableCell> cells, bool named);

  std::string& out_;
  std::map<std::size_t, std::string> names_;
  std::string header_;
  bool decided_ = false;
};

}  // namespace gantry::pipeline
