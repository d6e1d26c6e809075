#include "lexer.hpp"

#include <gantry/sdk/failure.hpp>
#include <utility>

namespace gantry::csv {

std::uint64_t Lexer::width(char c) const noexcept {
  if (!wide_) return 1;
  const auto byte = static_cast<unsigned char>(c);
  if ((byte & 0xC0) == 0x80) return 0;
  return byte >= 0xF0 ? 4 : 2;
}

void Lexer::refuse(std::string what) const {
  std::string message = "line " + std::to_string(row_.line) + ", byte " +
                        std::to_string(row_.offset) + ": " + std::move(what);
  if (state_ == State::kQuoted || state_ == State::kEscape) {
    message += "; a quote that is opened in line " + std::to_string(quote_line_) +
               " is never closed: close it, or double a quote inside a field";
  }
  throw sdk::Failure(sdk::Status::kData, std::move(message));
}

void Lexer::begin_row() {
  row_.line = line_;
  row_.offset = offset_;
  row_.text.clear();
  row_.fields.clear();
  row_.fault = Fault::kNone;
  field_.clear();
}

void Lexer::end_field() {
  if (row_.fields.size() < limits_.fields_max) {
    row_.fields.push_back(std::exchange(field_, {}));
  } else {
    row_.fault = Fault::kTooManyFields;
  }
  field_.clear();
}

void Lexer::add(char c) {
  if (field_.size() < limits_.field_bytes_max) {
    field_ += c;
  } else {
    row_.fault = Fault::kFieldTooLong;
  }
}

bool Lexer::give(const OnRow& on_row, bool ended) {
  const bool blank = row_.text.empty();
  if (!blank) end_field();
  state_ = State::kRowStart;
  if (blank) return true;
  row_.ended = ended;
  return on_row(row_);
}

bool Lexer::feed(std::string_view bytes, const OnRow& on_row) {
  for (const char c : bytes) {
    const bool second_of_crlf = c == '\n' && after_cr_;
    if (state_ == State::kAfterCr && !second_of_crlf && !give(on_row, true)) return false;
    if (state_ == State::kRowStart) {
      begin_row();
      state_ = State::kFieldStart;
    }
    offset_ += width(c);
    if ((c == '\n' && !after_cr_) || c == '\r') ++line_;
    after_cr_ = c == '\r';
    const bool inside = state_ == State::kQuoted || state_ == State::kEscape;
    if (!inside && c == '\r') {
      state_ = State::kAfterCr;
    } else if (!inside && c == '\n') {
      if (!give(on_row, true)) return false;
    } else {
      row_.text += c;
      if (row_.text.size() > limits_.row_bytes_max) {
        refuse("the row is longer than " + std::to_string(limits_.row_bytes_max) + " bytes");
      }
      take(c);
    }
  }
  return true;
}

void Lexer::take(char c) {
  switch (state_) {
    case State::kFieldStart:
      if (dialect_.quote != '\0' && c == dialect_.quote) {
        quote_line_ = line_;
        state_ = State::kQuoted;
        return;
      }
      if (dialect_.skip_initial_space && c == ' ') return;
      state_ = State::kUnquoted;
      [[fallthrough]];
    case State::kUnquoted:
      if (c == dialect_.delimiter) {
        end_field();
        state_ = State::kFieldStart;
      } else if (dialect_.backslash && c == '\\') {
        escaped_from_ = State::kUnquoted;
        state_ = State::kEscape;
      } else {
        add(c);
      }
      return;
    case State::kQuoted:
      if (c == dialect_.quote) {
        state_ = State::kQuoteSeen;
      } else if (dialect_.backslash && c == '\\') {
        escaped_from_ = State::kQuoted;
        state_ = State::kEscape;
      } else {
        add(c);
      }
      return;
    case State::kQuoteSeen:
      if (c == dialect_.quote) {
        add(c);
        state_ = State::kQuoted;
      } else if (c == dialect_.delimiter) {
        end_field();
        state_ = State::kFieldStart;
      } else if (!(dialect_.skip_initial_space && c == ' ')) {
        row_.fault = Fault::kTextAfterQuote;
        add(c);
        state_ = State::kUnquoted;
      }
      return;
    case State::kEscape:
      if (c != dialect_.quote && c != dialect_.delimiter && c != '\\') add('\\');
      add(c);
      state_ = escaped_from_;
      return;
    case State::kRowStart:
    case State::kAfterCr:
      return;  // feed() has left both.
  }
}

bool Lexer::finish(const OnRow& on_row) {
  if (state_ == State::kQuoted || (state_ == State::kEscape && escaped_from_ == State::kQuoted)) {
    refuse("the file ends inside a field, as one that was cut does");
  }
  if (state_ == State::kRowStart) return true;
  if (state_ == State::kEscape) add('\\');
  return give(on_row, state_ == State::kAfterCr);
}

}  // namespace gantry::csv
