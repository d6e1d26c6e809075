#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect.hpp"

namespace gantry::csv {

/// What is wrong with a row whose end is known.
enum class Fault { kNone, kTextAfterQuote, kFieldTooLong, kTooManyFields };

struct Row {
  std::uint64_t line = 0;    ///< Of its first character; 1 is the first.
  std::uint64_t offset = 0;  ///< Of its first byte in the file.
  std::string text;          ///< All of it, without its line end.
  std::vector<std::string> fields;
  Fault fault = Fault::kNone;
  bool ended = true;  ///< False for a last row without a line end.
};

/// Cuts bytes into rows and rows into fields (RFC 4180 and what real files do: CR, LF or CRLF, a
/// quote inside an unquoted field is a letter, a doubled or escaped quote is a quote). Blank lines
/// are no rows. Pieces of any size give the same rows; it holds one row at a time.
class Lexer {
 public:
  struct Limits {
    std::size_t row_bytes_max = 0;
    std::size_t field_bytes_max = 0;
    std::size_t fields_max = 0;
  };
  /// False ends the feed in which it is called.
  using OnRow = std::function<bool(Row& row)>;

  /// `wide`: the bytes were UTF-16 in the file, so that a letter of 1 to 3 bytes is 2 there, one of
  /// 4 is 4. offset and line are those of the first byte.
  Lexer(Dialect dialect, Limits limits, bool wide, std::uint64_t offset, std::uint64_t line)
      : dialect_(dialect), limits_(limits), wide_(wide), offset_(offset), line_(line) {}

  /// Throws Failure(kData) for a row above the limit.
  bool feed(std::string_view bytes, const OnRow& on_row);
  /// The file ends here. Throws Failure(kData) inside a quoted field.
  bool finish(const OnRow& on_row);

  /// Byte in the file behind the last row that was given.
  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t line() const noexcept { return line_; }

 private:
  enum class State { kRowStart, kFieldStart, kUnquoted, kQuoted, kQuoteSeen, kEscape, kAfterCr };

  void take(char c);
  void begin_row();
  void end_field();
  void add(char c);
  bool give(const OnRow& on_row, bool ended);
  std::uint64_t width(char c) const noexcept;
  [[noreturn]] void refuse(std::string what) const;

  const Dialect dialect_;
  const Limits limits_;
  const bool wide_;
  std::uint64_t offset_;
  std::uint64_t line_;
  bool after_cr_ = false;  // The last byte was a CR, so that an LF is no line of its own.
  State state_ = State::kRowStart;
  State escaped_from_ = State::kQuoted;
  std::uint64_t quote_line_ = 0;
  std::string field_;
  Row row_;
};

}  // namespace gantry::csv
