#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace gantry::stores::postgres {

/// Text as a column holds it. PostgreSQL's text has no NUL and only UTF-8, ids and words have
/// whatever a vendor sent: NUL, bytes that are no UTF-8 and U+10FFFF itself are written as U+10FFFF
/// with "00", the byte's two hex digits or "u". All other text is itself, readable in psql.
/// [any-thread]
std::string to_column(std::string_view bytes);
std::string from_column(std::string_view column);

/// A one-dimensional array in PostgreSQL's binary form, for `unnest($1::text[])`.
class Array {
 public:
  static Array texts();    ///< Elements go through to_column.
  static Array blobs();    ///< bytea: any bytes.
  static Array numbers();  ///< bigint
  static Array flags();    ///< boolean

  void add(std::string_view bytes);
  void add(std::int64_t number);
  void add_flag(bool flag);
  void add_null();
  /// Text that is ASCII by construction: vectors, queries.
  void add_raw(std::string_view text) { element(text); }
  std::string take();

 private:
  explicit Array(unsigned type) : type_(type) {}
  void element(std::string_view bytes);

  const unsigned type_;
  std::uint32_t count_ = 0;
  bool nulls_ = false;
  std::string elements_;
};

/// The arguments of one statement, in order and in binary form; the statement casts each
/// ($1::text).
class Arguments {
 public:
  Arguments& text(std::string_view bytes);
  Arguments& raw(std::string_view text);  ///< Text that is ASCII by construction.
  Arguments& number(std::int64_t value);
  Arguments& array(Array array);

  const std::vector<std::string>& values() const noexcept { return values_; }

 private:
  std::vector<std::string> values_;
};

/// The rows of one statement, in binary form. Columns are read by the type that the statement gave.
class Rows {
 public:
  explicit Rows(pg_result* result);

  int size() const noexcept;
  bool null(int row, int column) const noexcept;
  std::string text(int row, int column) const;  ///< Through from_column.
  std::string_view bytes(int row, int column) const noexcept;
  std::int64_t number(int row, int column) const noexcept;  ///< integer or bigint
  double real(int row, int column) const noexcept;          ///< double precision
  bool flag(int row, int column) const noexcept;

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace gantry::stores::postgres
