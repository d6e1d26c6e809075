#include "host/stores/postgres/wire.hpp"

#include <libpq-fe.h>
#include <unicode/utf8.h>

#include <bit>

#include "host/base/encoding.hpp"

namespace gantry::stores::postgres {
namespace {

// Oids of src/include/catalog/pg_type.dat; those of built-in types never change.
constexpr unsigned kBool = 16, kBytea = 17, kInt8 = 20, kText = 25;

constexpr std::string_view kEscape = "\xF4\x8F\xBF\xBF";  // U+10FFFF

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xFF);
  }
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

bool is_plain(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos &&
         bytes.find(kEscape) == std::string_view::npos && is_utf8(bytes);
}

}  // namespace

std::string to_column(std::string_view bytes) {
  if (is_plain(bytes)) return std::string(bytes);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    UChar32 point = 0;
    std::size_t next = at;
    // ICU's macro; NOLINTNEXTLINE(bugprone-inc-dec-in-conditions)
    U8_NEXT(bytes.data(), next, bytes.size(), point);
    if (point > 0 && point != 0x10FFFF) {
      out.append(bytes, at, next - at);
      at = next;
    } else if (point == 0x10FFFF) {
      out.append(kEscape).append(1, 'u');
      at = next;
    } else {  // NUL, or the first of some bytes that are no UTF-8
      out.append(kEscape).append(to_hex(bytes.substr(at, 1)));
      ++at;
    }
  }
  return out;
}

std::string from_column(std::string_view column) {
  std::string out;
  for (;;) {
    const std::size_t at = column.find(kEscape);
    out.append(column.substr(0, at));
    if (at == std::string_view::npos) return out;
    column.remove_prefix(at + kEscape.size());
    if (column.starts_with('u')) {
      out.append(kEscape);
      column.remove_prefix(1);
    } else if (const auto byte = from_hex(column.substr(0, 2)); byte && byte->size() == 1) {
      out.append(*byte);
      column.remove_prefix(2);
    }  // else a cut text ends inside of an escape
  }
}

Array Array::texts() { return Array(kText); }
Array Array::blobs() { return Array(kBytea); }
Array Array::numbers() { return Array(kInt8); }
Array Array::flags() { return Array(kBool); }

void Array::element(std::string_view bytes) {
  append_big_endian(elements_, bytes.size(), 4);
  elements_.append(bytes);
  ++count_;
}

void Array::add(std::string_view bytes) {
  if (type_ == kText) {
    element(to_column(bytes));
  } else {
    element(bytes);
  }
}

void Array::add(std::int64_t number) {
  append_big_endian(elements_, 8, 4);
  append_big_endian(elements_, static_cast<std::uint64_t>(number), 8);
  ++count_;
}

void Array::add_flag(bool flag) { element(std::string_view(flag ? "\1" : "\0", 1)); }

void Array::add_null() {
  append_big_endian(elements_, 0xFFFFFFFF, 4);
  nulls_ = true;
  ++count_;
}

std::string Array::take() {
  // array_recv: dimensions, has-nulls, element type, then per dimension length and lower bound.
  std::string out;
  append_big_endian(out, count_ == 0 ? 0 : 1, 4);
  append_big_endian(out, nulls_ ? 1 : 0, 4);
  append_big_endian(out, type_, 4);
  if (count_ > 0) {
    append_big_endian(out, count_, 4);
    append_big_endian(out, 1, 4);
  }
  return out + elements_;
}

Arguments& Arguments::text(std::string_view bytes) { return raw(to_column(bytes)); }

Arguments& Arguments::raw(std::string_view text) {
  values_.emplace_back(text);
  return *this;
}

Arguments& Arguments::number(std::int64_t value) {
  append_big_endian(values_.emplace_back(), static_cast<std::uint64_t>(value), 8);
  return *this;
}

Arguments& Arguments::array(Array array) {
  values_.push_back(array.take());
  return *this;
}

void Rows::Clear::operator()(pg_result* result) const noexcept { PQclear(result); }

Rows::Rows(pg_result* result) : result_(result) {}

int Rows::size() const noexcept { return PQntuples(result_.get()); }

bool Rows::null(int row, int column) const noexcept {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::bytes(int row, int column) const noexcept {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::string Rows::text(int row, int column) const { return from_column(bytes(row, column)); }

std::int64_t Rows::number(int row, int column) const noexcept {
  const std::string_view raw = bytes(row, column);
  const std::uint64_t value = read_big_endian(raw);
  return raw.size() == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
}

double Rows::real(int row, int column) const noexcept {
  return std::bit_cast<double>(read_big_endian(bytes(row, column)));
}

bool Rows::flag(int row, int column) const noexcept { return bytes(row, column) == "\1"; }

}  // namespace gantry::stores::postgres
